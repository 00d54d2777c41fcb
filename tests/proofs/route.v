// snn_route: while `queued` stays and the side it chooses holds what is not taken, the beat to the network is held; each
// beat is taken from one side, each spike goes to one side, and none to a queue without room.
`default_nettype none
module proof (
    input wire       clk,
    input wire       queued,
    input wire [5:0] s_index,
    input wire [1:0] s_keep,
    input wire       s_last, s_first, s_valid,
    input wire [5:0] q_event,
    input wire       q_valid, m_ready, spike_valid, stream_ready, queue_free
);
    wire       s_ready, q_pop, m_last, m_first, m_valid, spike_ready, stream_valid, queue_push;
    wire [5:0] m_index;
    wire [1:0] m_keep;
    snn_route #(.SLOTS(2), .INDEX_BITS(3)) dut (
        .queued(queued), .s_index(s_index), .s_keep(s_keep), .s_last(s_last), .s_first(s_first), .s_valid(s_valid),
        .s_ready(s_ready), .q_event(q_event), .q_valid(q_valid), .q_pop(q_pop), .m_index(m_index), .m_keep(m_keep),
        .m_last(m_last), .m_first(m_first), .m_valid(m_valid), .m_ready(m_ready), .spike_valid(spike_valid),
        .spike_ready(spike_ready), .stream_valid(stream_valid), .stream_ready(stream_ready), .queue_push(queue_push),
        .queue_free(queue_free)
    );
    reg        held = 1'b0, s_held = 1'b0, q_held = 1'b0, was_queued = 1'b0;
    reg  [9:0] beat = 10'd0, s_beat = 10'd0;
    reg  [5:0] event_ = 6'd0;
    always @(posedge clk) begin
        was_queued <= queued;
        held       <= m_valid && !m_ready;
        beat       <= {m_index, m_keep, m_last, m_first};
        s_held     <= s_valid && !s_ready;
        s_beat     <= {s_index, s_keep, s_last, s_first};
        q_held     <= q_valid && !q_pop;
        event_     <= q_event;
    end
    always @* begin
        if (held) assume (queued == was_queued);
        if (s_held) assume (s_valid && s_beat == {s_index, s_keep, s_last, s_first});
        if (q_held) assume (q_valid && event_ == q_event);
        if (held) assert (m_valid && beat == {m_index, m_keep, m_last, m_first});
        assert ((m_valid && m_ready) == ((s_valid && s_ready) || q_pop));
        assert (!((s_valid && s_ready) && q_pop));
        if (q_pop) assert (q_valid && {m_last, m_keep[0], m_first, m_index[2:0]} == q_event && !m_keep[1]);
        if (s_valid && s_ready) assert ({m_index, m_keep, m_last, m_first} == {s_index, s_keep, s_last, s_first});
        assert ((spike_valid && spike_ready) == (queue_push || (stream_valid && stream_ready)));
        assert (!(queue_push && stream_valid) && (!queue_push || queue_free));
    end
endmodule
`default_nettype wire
