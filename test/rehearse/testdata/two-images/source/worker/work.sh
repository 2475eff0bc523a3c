echo "working on $(uname -m)"
