import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;

/**
 * Flink's SQL as a stream: says when its job is planned and runs, and when it is done, with all
 * results committed. Arguments: FOLDER of checkpoints, FILE of statements, an empty line behind each, the
 * last of them an INSERT.
 */
final class FlinkStatements {
  public static void main(String[] words) throws Exception {
    Configuration configuration = new Configuration();
    configuration.setString("parallelism.default", "2");
    configuration.setString("pipeline.object-reuse", "true");
    configuration.setString("execution.runtime-mode", "streaming");
    configuration.setString("execution.checkpointing.interval", "10 s");
    configuration.setString("execution.checkpointing.dir", "file://" + words[0]);
    configuration.setString("execution.checkpointing.storage", "filesystem");
    configuration.setString("state.backend.type", "hashmap");
    configuration.setString("taskmanager.memory.managed.size", "512 mb");
    configuration.setString("table.exec.mini-batch.enabled", "true");
    configuration.setString("table.exec.mini-batch.allow-latency", "2 s");
    configuration.setString("table.exec.mini-batch.size", "50000");
    configuration.setString("table.local-time-zone", "UTC");
    configuration.setString("rest.bind-address", "127.0.0.1");
    TableEnvironment tables =
        TableEnvironment.create(
            EnvironmentSettings.newInstance().withConfiguration(configuration).build());
    String[] statements = Files.readString(Path.of(words[1])).strip().split("\n\n");
    for (int at = 0; at < statements.length - 1; at++) tables.executeSql(statements[at]);
    TableResult insert = tables.executeSql(statements[statements.length - 1]);
    JobClient job = insert.getJobClient().orElseThrow();
    while (job.getJobStatus().get() != JobStatus.RUNNING) Thread.sleep(5);
    System.out.println("reading");
    insert.await();
    System.out.println("done");
    System.exit(0);
  }
}
