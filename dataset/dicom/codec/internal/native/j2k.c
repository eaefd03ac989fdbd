#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include <openjpeg.h>

#include "native.h"

// memory is a codestream that OpenJPEG reads.
typedef struct {
	const unsigned char *bytes;
	size_t length, at;
} memory;

static OPJ_SIZE_T read_memory(void *to, OPJ_SIZE_T n, void *data)
{
	memory *m = data;
	if (m->at >= m->length)
		return (OPJ_SIZE_T)-1;
	if (n > m->length - m->at)
		n = m->length - m->at;
	memcpy(to, m->bytes + m->at, n);
	m->at += n;
	return n;
}

static OPJ_OFF_T skip_memory(OPJ_OFF_T n, void *data)
{
	memory *m = data;
	if (n < 0 || (OPJ_UINT64)n > m->length - m->at)
		return -1;
	m->at += (size_t)n;
	return n;
}

static OPJ_BOOL seek_memory(OPJ_OFF_T to, void *data)
{
	memory *m = data;
	if (to < 0 || (OPJ_UINT64)to > m->length)
		return OPJ_FALSE;
	m->at = (size_t)to;
	return OPJ_TRUE;
}

// keep_first keeps the first error: the ones after it say less.
static void keep_first(const char *text, void *data)
{
	gw_frame *frame = data;
	if (frame->message[0])
		return;
	snprintf(frame->message, sizeof frame->message, "%s", text);
	frame->message[strcspn(frame->message, "\r\n")] = 0;
}

static void fail(gw_frame *frame, const char *text) { keep_first(text, frame); }

// store writes the samples of c as 8 or 16 bits.
static void store(const opj_image_comp_t *c, void *out, gw_frame *frame)
{
	size_t n = (size_t)c->w * c->h;
	uint8_t *narrow = out;
	uint16_t *wide = out;
	frame->precision = c->prec;
	frame->bytes = c->prec > 8 ? 2 : 1;
	if (frame->bytes == 1)
		for (size_t i = 0; i < n; i++)
			narrow[i] = (uint8_t)c->data[i];
	else
		for (size_t i = 0; i < n; i++)
			wide[i] = (uint16_t)c->data[i];
}

static void decode(opj_codec_t *codec, opj_stream_t *stream, opj_image_t **image, void *out, gw_frame *frame)
{
	opj_dparameters_t parameters;
	opj_set_default_decoder_parameters(&parameters);
	opj_set_error_handler(codec, keep_first, frame);
	if (!opj_setup_decoder(codec, &parameters) || !opj_read_header(stream, codec, image)) {
		fail(frame, "the header of the JPEG 2000 data cannot be read");
		return;
	}
	const opj_image_comp_t *c = (*image)->comps;
	if ((*image)->numcomps != 1 || c->w != frame->columns || c->h != frame->rows || c->prec < 1 || c->prec > 16) {
		fail(frame, "the JPEG 2000 data hold another picture than the file says");
		return;
	}
	if (!opj_decode(codec, stream, *image) || !opj_end_decompress(codec, stream)) {
		fail(frame, "the JPEG 2000 data are damaged");
		return;
	}
	c = (*image)->comps;
	if (!c->data || c->w != frame->columns || c->h != frame->rows) {
		fail(frame, "the JPEG 2000 data are incomplete");
		return;
	}
	frame->message[0] = 0;
	store(c, out, frame);
}

void gw_decode_j2k(const void *in, size_t length, void *out, gw_frame *frame)
{
	memory m = {in, length, 0};
	opj_image_t *image = NULL;
	opj_codec_t *codec = opj_create_decompress(OPJ_CODEC_J2K);
	opj_stream_t *stream = opj_stream_create(1 << 16, OPJ_TRUE);
	frame->message[0] = 0;
	if (!codec || !stream) {
		fail(frame, "memory ran out");
	} else {
		opj_stream_set_user_data(stream, &m, NULL);
		opj_stream_set_user_data_length(stream, length);
		opj_stream_set_read_function(stream, read_memory);
		opj_stream_set_skip_function(stream, skip_memory);
		opj_stream_set_seek_function(stream, seek_memory);
		decode(codec, stream, &image, out, frame);
	}
	if (image)
		opj_image_destroy(image);
	if (stream)
		opj_stream_destroy(stream);
	if (codec)
		opj_destroy_codec(codec);
}

void gw_one_arena(void) { mallopt(M_ARENA_MAX, 1); }
