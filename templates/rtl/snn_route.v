// Between a network and its host: events come from a stream or from a queue of registers, and spikes go to the same.
// An event of the queue takes the first slot of a beat.
`default_nettype none
module snn_route #(
    parameter SLOTS      = 1,
    parameter INDEX_BITS = 10
) (
    input  wire                        queued,       // 1: the queues, 0: the streams
    // events from the stream ...
    input  wire [SLOTS*INDEX_BITS-1:0] s_index,
    input  wire [SLOTS-1:0]            s_keep,
    input  wire                        s_last,
    input  wire                        s_first,
    input  wire                        s_valid,
    output wire                        s_ready,
    // ... from the queue ...
    input  wire [INDEX_BITS+2:0]       q_event,      // {last, keep, first, index}
    input  wire                        q_valid,
    output wire                        q_pop,
    // ... to the network
    output wire [SLOTS*INDEX_BITS-1:0] m_index,
    output wire [SLOTS-1:0]            m_keep,
    output wire                        m_last,
    output wire                        m_first,
    output wire                        m_valid,
    input  wire                        m_ready,
    // spikes from the network ...
    input  wire                        spike_valid,
    output wire                        spike_ready,
    // ... to the stream ...
    output wire                        stream_valid,
    input  wire                        stream_ready,
    // ... or the queue
    output wire                        queue_push,
    input  wire                        queue_free
);
    wire [SLOTS*INDEX_BITS-1:0] q_index;
    wire [SLOTS-1:0]            q_keep;
    wire                        q_last, q_kept, q_first;
    generate
        if (SLOTS > 1) begin : many
            assign q_index = {{((SLOTS-1)*INDEX_BITS){1'b0}}, q_event[INDEX_BITS-1:0]};
            assign q_keep  = {{(SLOTS-1){1'b0}}, q_kept};
        end else begin : one
            assign q_index = q_event[INDEX_BITS-1:0];
            assign q_keep  = q_kept;
        end
    endgenerate
    assign {q_last, q_kept, q_first} = q_event[INDEX_BITS+2:INDEX_BITS];

    assign m_index = queued ? q_index : s_index;
    assign m_keep  = queued ? q_keep : s_keep;
    assign m_last  = queued ? q_last : s_last;
    assign m_first = queued ? q_first : s_first;
    assign m_valid = queued ? q_valid : s_valid;
    assign s_ready = m_ready && !queued;
    assign q_pop   = m_ready && queued && q_valid;

    assign stream_valid = spike_valid && !queued;
    assign queue_push   = spike_valid && queued && queue_free;
    assign spike_ready  = queued ? queue_free : stream_ready;
endmodule
`default_nettype wire
