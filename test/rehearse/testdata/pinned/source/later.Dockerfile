# Nothing builds this file: it has the rehearsal make a stand-in for what a later commit takes as its base.
FROM debian:bookworm-slim
