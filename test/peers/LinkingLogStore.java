import io.delta.storage.HadoopFileSystemLogStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.util.Iterator;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A log of Delta on a disk, each commit of which is there once: a hard link fails where there is one
 * already. Spark's own looks first and renames then, and what came in between is gone.
 */
public final class LinkingLogStore extends HadoopFileSystemLogStore {
    public LinkingLogStore(Configuration configuration) {
        super(configuration);
    }

    @Override
    public void write(
            Path path, Iterator<String> actions, Boolean overwrite, Configuration configuration)
            throws IOException {
        var file = Paths.get(path.toUri().getPath());
        var unfinished = file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID());
        Iterable<String> lines = () -> actions;
        Files.write(unfinished, lines, StandardCharsets.UTF_8);
        try {
            if (overwrite) Files.copy(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
            else Files.createLink(file, unfinished);
        } finally {
            Files.delete(unfinished);
        }
    }

    @Override
    public Boolean isPartialWriteVisible(Path path, Configuration configuration) {
        return false;
    }
}
