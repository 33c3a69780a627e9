declare module "ff3" {
  export default class FF3Cipher {
    constructor(key: string, tweak: string, radix: number);
    encrypt(plaintext: string): string;
  }
}
