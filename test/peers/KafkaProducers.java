import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Apache's own producers, told what to do by lines of words. Each line is answered with one: `ok`
 * and what was asked for, or `error` and why.
 *
 *   open NAME KEY=VALUE...                     a producer with this configuration
 *   begin NAME | commit NAME | abort NAME | flush NAME | close NAME
 *   send NAME TOPIC PARTITION KEY VALUE        in base64, `-` for null, `=` for no bytes; answers the
 *                                              offset
 *   series NAME TOPIC PARTITION FROM COUNT TEMPLATE
 *                                              values made of a template (base64) with `#` replaced
 *                                              by the number; answers when all are acknowledged
 *   file NAME TOPIC PATH                       each line of a file a record; answers how many
 *   steady NAME TOPIC PATH RATE SECONDS        so many lines a second; answers how many
 */
public final class KafkaProducers {
  private static final Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();

  public static void main(String[] arguments) throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String answer;
      try {
        answer = "ok " + run(line.split(" "));
      } catch (Exception thrown) {
        answer = "error " + String.valueOf(thrown).replace('\n', ' ');
      }
      System.out.println(answer);
      System.out.flush();
    }
    System.exit(0);
  }

  private static String run(String[] words) throws Exception {
    if (words[0].equals("open")) return open(words);
    var producer = producers.get(words[1]);
    switch (words[0]) {
      case "begin" -> producer.beginTransaction();
      case "commit" -> producer.commitTransaction();
      case "abort" -> producer.abortTransaction();
      case "flush" -> producer.flush();
      case "close" -> producers.remove(words[1]).close();
      case "send" -> {
        var record = record(words[2], words[3], bytes(words[4]), bytes(words[5]));
        var sent = producer.send(record);
        producer.flush();
        return String.valueOf(sent.get().offset());
      }
      case "series" -> series(producer, words);
      case "file" -> {
        return String.valueOf(file(producer, words[2], words[3]));
      }
      case "steady" -> {
        var rate = Integer.parseInt(words[4]);
        return String.valueOf(steady(producer, words[2], words[3], rate, Integer.parseInt(words[5])));
      }
      default -> throw new IllegalArgumentException(words[0]);
    }
    return "";
  }

  private static String open(String[] words) {
    var configuration = new Properties();
    for (int at = 2; at < words.length; at++) {
      var equals = words[at].indexOf('=');
      configuration.put(words[at].substring(0, equals), words[at].substring(equals + 1));
    }
    var serializer = new ByteArraySerializer();
    var producer = new KafkaProducer<>(configuration, serializer, serializer);
    if (configuration.containsKey("transactional.id")) producer.initTransactions();
    producers.put(words[1], producer);
    return "";
  }

  private static void series(KafkaProducer<byte[], byte[]> producer, String[] words)
      throws Exception {
    long from = Long.parseLong(words[4]);
    long count = Long.parseLong(words[5]);
    var template = new String(bytes(words[6]), StandardCharsets.UTF_8);
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (long number = from; number < from + count; number++) {
      var value = template.replace("#", String.valueOf(number)).getBytes(StandardCharsets.UTF_8);
      sent.add(producer.send(record(words[2], words[3], null, value)));
    }
    producer.flush();
    for (var one : sent) one.get();
  }

  private static long file(KafkaProducer<byte[], byte[]> producer, String topic, String path)
      throws Exception {
    var failure = new AtomicReference<Exception>();
    long count = 0;
    try (var lines = Files.newBufferedReader(Path.of(path))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        var value = line.getBytes(StandardCharsets.UTF_8);
        producer.send(
            new ProducerRecord<>(topic, value),
            (sent, thrown) -> {
              if (thrown != null) failure.set(thrown);
            });
        count++;
      }
    }
    producer.flush();
    if (failure.get() != null) throw failure.get();
    return count;
  }

  private static long steady(
      KafkaProducer<byte[], byte[]> producer, String topic, String path, int rate, int seconds)
      throws Exception {
    var lines = Files.readAllLines(Path.of(path));
    var startedAt = System.nanoTime();
    long count = 0;
    for (long due = 0; due < (long) rate * seconds; ) {
      due = Math.min((System.nanoTime() - startedAt) * rate / 1_000_000_000L, (long) rate * seconds);
      for (; count < due; count++) {
        var value = lines.get((int) (count % lines.size())).getBytes(StandardCharsets.UTF_8);
        producer.send(new ProducerRecord<>(topic, value));
      }
      Thread.sleep(2);
    }
    producer.flush();
    return count;
  }

  private static ProducerRecord<byte[], byte[]> record(
      String topic, String partition, byte[] key, byte[] value) {
    var number = partition.equals("-") ? null : Integer.valueOf(partition);
    return new ProducerRecord<>(topic, number, key, value);
  }

  private static byte[] bytes(String text) {
    if (text.equals("-")) return null;
    return text.equals("=") ? new byte[0] : Base64.getDecoder().decode(text);
  }
}
