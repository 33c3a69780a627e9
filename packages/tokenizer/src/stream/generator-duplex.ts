// A Duplex over an async generator. Node 22's own (Duplex.from) does not tell the generator when the stream is destroyed.
// Stands in tokenizer and decrypt, which do not know each other, while core knows no streams.
import { Duplex, PassThrough } from "node:stream";

/** A stream whose input `rewrite` reads and whose output it yields, no empty piece of it. */
export function generatorDuplex(
  rewrite: (source: AsyncIterable<Uint8Array>) => AsyncGenerator<string | Uint8Array>,
): Duplex {
  const input = new PassThrough();
  // Whoever reads the input hears of its errors; after the generator has ended, nobody does.
  input.on("error", () => {});
  const output = rewrite(input);
  return new Duplex({
    // An input that the generator gave up fails the stream by the generator's error, not by its own.
    write: (chunk, encoding, done) => {
      if (input.destroyed) done();
      else input.write(chunk, encoding, () => done());
    },
    final: (done) => {
      if (input.destroyed) done();
      else input.end(() => done());
    },
    read() {
      output.next().then(
        ({ done, value }) => this.push(done === true ? null : value),
        (error: Error) => this.destroy(error),
      );
    },
    destroy: (error, done) => {
      input.destroy(error ?? undefined);
      done(error);
    },
  });
}
