// Reads a key, a radix and values with tweaks; prints the processor microseconds of one FF1 encryption, and all tokens.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.crypto.fpe.FPEFF1Engine;
import org.bouncycastle.crypto.params.FPEParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.util.encoders.Hex;

public final class Ff1Bench {
  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    String[] head = in.readLine().split(" ");
    KeyParameter key = new KeyParameter(Hex.decode(head[0]));
    int radix = Integer.parseInt(head[1]);
    List<byte[]> values = new ArrayList<>();
    List<FPEParameters> parameters = new ArrayList<>();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] parts = line.split(" ");
      String[] numerals = parts[1].split(",");
      byte[] value = new byte[numerals.length];
      for (int i = 0; i < value.length; i++) value[i] = (byte) Integer.parseInt(numerals[i]);
      values.add(value);
      parameters.add(new FPEParameters(key, radix, Hex.decode(parts[0])));
    }
    FPEFF1Engine engine = new FPEFF1Engine();
    byte[][] tokens = new byte[values.size()][];
    double best = Double.MAX_VALUE;
    // The first spells warm up.
    for (int spell = 0; spell < 12; spell++) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      int done = 0;
      for (int round = 0; round < 40; round++) {
        for (int i = 0; i < tokens.length; i++, done++) {
          byte[] value = values.get(i);
          tokens[i] = new byte[value.length];
          engine.init(true, parameters.get(i));
          engine.processBlock(value, 0, value.length, tokens[i], 0);
        }
      }
      long spent = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
      best = Math.min(best, spent / 1000.0 / done);
    }
    StringBuilder out = new StringBuilder().append(best);
    for (byte[] token : tokens) {
      out.append('\n');
      for (int i = 0; i < token.length; i++) out.append(i == 0 ? "" : ",").append(token[i]);
    }
    System.out.println(out);
  }
}
