/* Classifies handwritten digits through wasi-nn, as core modules import it:
 *
 *     classify IMAGE.pgm...
 *
 * The model is the one that the host has registered under the name digits.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define NN(name) __attribute__((import_module("wasi_ephemeral_nn"), import_name(name)))

NN("load_by_name") uint32_t load_by_name(const char *name, uint32_t length, uint32_t *graph);
NN("init_execution_context") uint32_t init_execution_context(uint32_t graph, uint32_t *context);

/* wasi-nn.witx, $tensor: 20 bytes. */
struct tensor {
    const uint32_t *dimensions;
    uint32_t rank;
    uint8_t type;
    const void *data;
    uint32_t length;
};

NN("set_input") uint32_t set_input(uint32_t context, uint32_t index, const struct tensor *tensor);
NN("compute") uint32_t compute(uint32_t context);
NN("get_output")
uint32_t get_output(uint32_t context, uint32_t index, void *buffer, uint32_t capacity, uint32_t *written);

enum { F32 = 1, PIXELS = 64, DIGITS = 10 };

static void check(const char *call, uint32_t error) {
    if (error != 0) {
        fprintf(stderr, "%s: errno %u\n", call, (unsigned)error);
        exit(1);
    }
}

/* The pixels of a PGM file with 8 x 8 bytes, from 0 to 1. */
static int read_image(const char *path, float pixels[PIXELS]) {
    int width, height, maximum;
    unsigned char bytes[PIXELS];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    int read = fscanf(file, "P5 %d %d %d", &width, &height, &maximum) == 3 && fgetc(file) != EOF &&
               width * height == PIXELS && fread(bytes, 1, PIXELS, file) == PIXELS;
    fclose(file);
    for (int index = 0; read && index < PIXELS; index++)
        pixels[index] = (float)bytes[index] / (float)maximum;
    return read;
}

int main(int count, char **arguments) {
    uint32_t graph, context, written;
    check("load_by_name", load_by_name("digits", 6, &graph));
    check("init_execution_context", init_execution_context(graph, &context));
    for (int each = 1; each < count; each++) {
        const uint32_t dimensions[] = {1, PIXELS};
        float pixels[PIXELS], scores[DIGITS];
        if (!read_image(arguments[each], pixels)) {
            fprintf(stderr, "%s: no PGM image of %d pixels in bytes\n", arguments[each], PIXELS);
            return 1;
        }
        const struct tensor input = {dimensions, 2, F32, pixels, sizeof pixels};
        check("set_input", set_input(context, 0, &input));
        check("compute", compute(context));
        check("get_output", get_output(context, 0, scores, sizeof scores, &written));
        int best = 0;
        for (int digit = 1; digit < DIGITS; digit++)
            if (scores[digit] > scores[best])
                best = digit;
        printf("%s: %d\n", arguments[each], best);
    }
    return 0;
}
