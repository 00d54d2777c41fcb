/* The spiking network "{{ name }}", compiled by snnc: integers only, in flash. Link lib{{ package }}.a (README.md). */
#ifndef {{ guard }}_H
#define {{ guard }}_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Timesteps of a sample. */
#define {{ guard }}_TIMESTEPS {{ timesteps }}

/* Words of memory that the network needs; what they hold between samples does not matter. */
#define {{ guard }}_ARENA_WORDS {{ arena_words }}

/* Scores of a sample. */
#define {{ guard }}_CLASSES {{ classes }}

/* One timestep of input: {{ frame.meaning }}.
   Channels last: element (y * {{ frame.width }} + x) * {{ frame.channels }} + c of {{ frame.height }} x {{ frame.width }} positions with {{ frame.channels }} channels. */
typedef {{ element }} {{ package }}_frame[{{ frame.len }}];

/* Runs a sample{% if frame.constant %} of one constant input{% else %}, {{ guard }}_TIMESTEPS frames,{% endif %} and returns its class, the index of the highest score. */
uint32_t {{ package }}_infer(uint32_t arena[{{ guard }}_ARENA_WORDS], const {{ package }}_frame *input);
{%- if !layers %}

/* What runs the network over a stream; only the functions below look into it. */
typedef struct {
    uint64_t bytes[{{ network_bytes / 8 }}];
} {{ package }}_network;

/* Starts a sample: all state is zero. The arena is the network's until the next sample begins. */
void {{ package }}_begin({{ package }}_network *network, uint32_t arena[{{ guard }}_ARENA_WORDS]);

/* Runs one timestep. */
void {{ package }}_step({{ package }}_network *network, const {{ package }}_frame *frame);

/* Index of the highest score after the timesteps so far, ties to the lowest index. */
uint32_t {{ package }}_prediction(const {{ package }}_network *network);

/* Whether no later timestep of the sample can change the prediction. */
bool {{ package }}_is_decided(const {{ package }}_network *network);

/* {{ guard }}_CLASSES scores after the timesteps so far. */
const int32_t *{{ package }}_scores(const {{ package }}_network *network);
{%- endif %}

#ifdef __cplusplus
}
#endif

#endif
