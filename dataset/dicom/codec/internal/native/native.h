#include <stddef.h>
#include <stdint.h>

// gw_frame is what is asked for and what came out: bytes a sample, its bits, or why nothing did.
typedef struct {
	uint32_t rows, columns;
	uint32_t bytes, precision;
	char message[256];
} gw_frame;

void gw_decode_j2k(const void *in, size_t length, void *out, gw_frame *frame);
void gw_decode_jls(const void *in, size_t length, void *out, gw_frame *frame);
void gw_one_arena(void);
