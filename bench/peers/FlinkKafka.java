import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/**
 * Kafka → JSON → a filter → Parquet with Flink; says when it begins to read and when it is done.
 * Arguments: BOOTSTRAP TOPIC COLUMNS FILTER FOLDER.
 */
final class FlinkKafka {
  public static void main(String[] words) throws Exception {
    String bootstrap = words[0];
    String topic = words[1];
    String columns = words[2];
    String kept = words[3];
    String folder = words[4];
    Configuration configuration = new Configuration();
    configuration.setString("parallelism.default", "2");
    configuration.setString("pipeline.object-reuse", "true");
    configuration.setString("execution.runtime-mode", "batch");
    configuration.setString("table.local-time-zone", "UTC");
    configuration.setString("rest.bind-address", "127.0.0.1");
    TableEnvironment tables =
        TableEnvironment.create(
            EnvironmentSettings.newInstance().withConfiguration(configuration).build());
    tables.executeSql(
        "CREATE TABLE source (" + columns + ") WITH ('connector' = 'kafka', "
            + "'properties.bootstrap.servers' = '" + bootstrap + "', 'topic' = '" + topic + "', "
            + "'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', "
            + "'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601')");
    tables.executeSql(
        "CREATE TABLE kept (" + columns + ") WITH ('connector' = 'filesystem', "
            + "'path' = 'file://" + folder + "', 'format' = 'parquet', "
            + "'parquet.compression' = 'ZSTD', 'parquet.utc-timezone' = 'true')");
    System.out.println("reading");
    tables.executeSql("INSERT INTO kept SELECT * FROM source WHERE " + kept).await();
    System.out.println("done");
    System.exit(0);
  }
}
