// Classifies handwritten digits through wasi-nn, as core modules import it:
//
//	classify IMAGE.pgm...
//
// The model is the one that the host has registered under the name digits.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"unsafe"
)

//go:wasmimport wasi_ephemeral_nn load_by_name
//go:noescape
func loadByName(name unsafe.Pointer, length uint32, graph unsafe.Pointer) uint32

//go:wasmimport wasi_ephemeral_nn init_execution_context
//go:noescape
func initExecutionContext(graph uint32, context unsafe.Pointer) uint32

//go:wasmimport wasi_ephemeral_nn set_input
//go:noescape
func setInput(context uint32, index uint32, record unsafe.Pointer) uint32

//go:wasmimport wasi_ephemeral_nn compute
func compute(context uint32) uint32

//go:wasmimport wasi_ephemeral_nn get_output
//go:noescape
func getOutput(context, index uint32, buffer unsafe.Pointer, capacity uint32, written unsafe.Pointer) uint32

const (
	f32    = 1 // wasi-nn.witx, $tensor_type
	pixels = 64
)

// tensor is a record of the ABI. A pointer of Go has 64 bits, one of the ABI 32, so addresses are numbers here.
type tensor struct {
	dimensions uint32
	rank       uint32
	kind       uint8
	_          [3]byte
	data       uint32
	length     uint32
}

func address[T any](slice []T) uint32 { return uint32(uintptr(unsafe.Pointer(&slice[0]))) }

func check(call string, errno uint32) {
	if errno != 0 {
		fmt.Fprintf(os.Stderr, "%s: errno %d\n", call, errno)
		os.Exit(1)
	}
}

// context returns an execution context of the graph with that name.
func context(name string) uint32 {
	var graph, made uint32
	bytes := []byte(name)
	check("load_by_name", loadByName(unsafe.Pointer(&bytes[0]), uint32(len(bytes)), unsafe.Pointer(&graph)))
	check("init_execution_context", initExecutionContext(graph, unsafe.Pointer(&made)))
	return made
}

// scores returns the score of each digit.
func scores(context uint32, image []float32) []float32 {
	dimensions := []uint32{1, pixels}
	record := tensor{
		dimensions: address(dimensions), rank: 2, kind: f32, data: address(image), length: uint32(len(image) * 4),
	}
	check("set_input", setInput(context, 0, unsafe.Pointer(&record)))
	runtime.KeepAlive(dimensions) // the record holds only their addresses
	runtime.KeepAlive(image)
	check("compute", compute(context))
	output := make([]float32, 10)
	var written uint32
	check("get_output", getOutput(context, 0, unsafe.Pointer(&output[0]), uint32(len(output)*4), unsafe.Pointer(&written)))
	return output[:written/4]
}

// image returns the pixels of a PGM file with 8 x 8 bytes, from 0 to 1.
func image(path string) ([]float32, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	start := max(len(file)-pixels, 0)
	var width, height, maximum int
	header := strings.Join(strings.Fields(string(file[:start])), " ")
	if _, err := fmt.Sscanf(header, "P5 %d %d %d", &width, &height, &maximum); err != nil || width*height != pixels {
		return nil, fmt.Errorf("%s: no PGM image of %d pixels in bytes", path, pixels)
	}
	values := make([]float32, pixels)
	for index, value := range file[start:] {
		values[index] = float32(value) / float32(maximum)
	}
	return values, nil
}

func main() {
	digits := context("digits")
	for _, path := range os.Args[1:] {
		values, err := image(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		best := 0
		found := scores(digits, values)
		for digit, score := range found {
			if score > found[best] {
				best = digit
			}
		}
		fmt.Printf("%s: %d\n", path, best)
	}
}
