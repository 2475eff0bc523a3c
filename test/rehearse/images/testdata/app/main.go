// Command app is the program of the tests' images.
package main

import "fmt"

func main() { fmt.Println("Hello!") }
