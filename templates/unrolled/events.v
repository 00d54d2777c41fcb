// {{ i.title }}, unrolled, with events in and out as a host gives and takes them: one per clock. Written by snnc.
`default_nettype none

module {{ i.network }} (
    input  wire        clk,
    input  wire        rst,         // synchronous, active high; one clock is enough
    input  wire [{{ i.index_bits() - 1 }}:0] s_index,     // an active input: element 0 to {{ i.inputs() - 1 }}, ...
    input  wire [0:0]  s_keep,      // ... if there is one
    input  wire        s_last,      // the last beat of its timestep or digit plane
    input  wire        s_first,     // on every beat of a sample's first timestep
    input  wire        s_valid,
    output wire        s_ready,
    output wire [{{ i.out_bits - 1 }}:0] m_index,     // an output spike, or ...
    output wire        m_last,      // ... the end of its timestep
    output wire        m_first,
    output wire        m_valid,
    input  wire        m_ready,
    output wire        class_valid, // for one clock, after the last timestep of a sample
    output wire [{{ i.out_bits - 1 }}:0] class_index  // the prediction; stays until the next
);
    wire [{{ i.inputs() - 1 }}:0] frame;
    wire [{{ i.outputs - 1 }}:0] spikes;
    wire frame_first, frame_valid, frame_ready, spikes_first, spikes_valid, spikes_ready;
    snn_unrolled_collect #(.FAN_IN({{ i.inputs() }}), .INDEX_BITS({{ i.index_bits() }})) u_collect (
        .clk(clk), .rst(rst),
        .s_index(s_index), .s_keep(s_keep), .s_last(s_last), .s_first(s_first), .s_valid(s_valid), .s_ready(s_ready),
        .m_spikes(frame), .m_first(frame_first), .m_valid(frame_valid), .m_ready(frame_ready)
    );
    {{ i.top }} u_frames (
        .clk(clk), .rst(rst),
        .s_spikes(frame), .s_first(frame_first), .s_valid(frame_valid), .s_ready(frame_ready),
        .m_spikes(spikes), .m_first(spikes_first), .m_valid(spikes_valid), .m_ready(spikes_ready),
        .class_valid(class_valid), .class_index(class_index)
    );
    snn_unrolled_events #(.OUTPUTS({{ i.outputs }}), .INDEX_BITS({{ i.out_bits }})) u_events (
        .clk(clk), .rst(rst),
        .s_spikes(spikes), .s_first(spikes_first), .s_valid(spikes_valid), .s_ready(spikes_ready),
        .m_index(m_index), .m_last(m_last), .m_first(m_first), .m_valid(m_valid), .m_ready(m_ready)
    );
endmodule

`default_nettype wire
