"""Where the tests have Spark run: in their own process's JVM, on loopback."""

LOCAL = "local[2]"
