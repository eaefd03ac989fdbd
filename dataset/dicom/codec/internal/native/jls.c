#include <stdio.h>

#include <charls/charls.h>

#include "native.h"

// fails says what CharLS says if it says anything.
static int fails(charls_jpegls_errc code, gw_frame *frame)
{
	if (code == CHARLS_JPEGLS_ERRC_SUCCESS)
		return 0;
	snprintf(frame->message, sizeof frame->message, "%s", charls_get_error_message(code));
	return 1;
}

static void decode(charls_jpegls_decoder *decoder, const void *in, size_t length, void *out, gw_frame *frame)
{
	charls_frame_info info;
	size_t need = 0;
	if (fails(charls_jpegls_decoder_set_source_buffer(decoder, in, length), frame) ||
	    fails(charls_jpegls_decoder_read_header(decoder), frame) ||
	    fails(charls_jpegls_decoder_get_frame_info(decoder, &info), frame) ||
	    fails(charls_jpegls_decoder_get_destination_size(decoder, 0, &need), frame))
		return;
	frame->precision = (uint32_t)info.bits_per_sample;
	frame->bytes = info.bits_per_sample > 8 ? 2 : 1;
	if (info.component_count != 1 || info.width != frame->columns || info.height != frame->rows ||
	    info.bits_per_sample > 16 || need != (size_t)frame->rows * frame->columns * frame->bytes) {
		snprintf(frame->message, sizeof frame->message, "the JPEG-LS data hold another picture than the file says");
		return;
	}
	fails(charls_jpegls_decoder_decode_to_buffer(decoder, out, need, 0), frame);
}

void gw_decode_jls(const void *in, size_t length, void *out, gw_frame *frame)
{
	charls_jpegls_decoder *decoder = charls_jpegls_decoder_create();
	frame->message[0] = 0;
	if (!decoder) {
		snprintf(frame->message, sizeof frame->message, "memory ran out");
		return;
	}
	decode(decoder, in, length, out, frame);
	charls_jpegls_decoder_destroy(decoder);
}
