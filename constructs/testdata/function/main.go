// Command function is what the tests deploy: the construct is what they are about.
package main

func main() {}
