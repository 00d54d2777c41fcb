// {{ i.title }} with {{ what }}: the map and the protocol are in docs/host.md of snnc. Written by snnc.
`default_nettype none

module {{ i.top }}_{{ host }} #(
{%- match front %}
{%- when Host::Uart %}
    parameter DIVISOR    = 868,   // clocks of a bit, 4 or more
{%- when _ %}
{%- endmatch %}
    parameter QUEUE_BITS = 9      // 2^QUEUE_BITS events in each queue, 14 at most
) (
{%- match front %}
{%- when Host::Axi %}
    input  wire        aclk,
    input  wire        aresetn,         // synchronous, active low
    // registers
    input  wire [7:0]  s_axi_awaddr,    // in bytes
    input  wire [2:0]  s_axi_awprot,
    input  wire        s_axi_awvalid,
    output wire        s_axi_awready,
    input  wire [31:0] s_axi_wdata,
    input  wire [3:0]  s_axi_wstrb,
    input  wire        s_axi_wvalid,
    output wire        s_axi_wready,
    output wire [1:0]  s_axi_bresp,
    output wire        s_axi_bvalid,
    input  wire        s_axi_bready,
    input  wire [7:0]  s_axi_araddr,
    input  wire [2:0]  s_axi_arprot,
    input  wire        s_axi_arvalid,
    output wire        s_axi_arready,
    output wire [31:0] s_axi_rdata,
    output wire [1:0]  s_axi_rresp,
    output wire        s_axi_rvalid,
    input  wire        s_axi_rready,
    // input events, while CONTROL.QUEUED is 0
    input  wire [{{ 8 * i.slots * i.index_bytes() - 1 }}:0] s_axis_tdata,
    input  wire [{{ i.slots * i.index_bytes() - 1 }}:0] s_axis_tkeep,
    input  wire        s_axis_tlast,    // ends a timestep or digit plane
    input  wire [0:0]  s_axis_tuser,    // first timestep of a sample
    input  wire        s_axis_tvalid,
    output wire        s_axis_tready,
    // output spikes, while CONTROL.QUEUED is 0
    output wire [{{ 8 * i.out_bytes() - 1 }}:0] m_axis_tdata,
    output wire [{{ i.out_bytes() - 1 }}:0] m_axis_tkeep,
    output wire        m_axis_tlast,    // ends a timestep
    output wire [0:0]  m_axis_tuser,    // first timestep of a sample
    output wire        m_axis_tvalid,
    input  wire        m_axis_tready,
{%- when Host::Spi %}
    input  wire        clk,             // 8 times as fast as sck, or more
    input  wire        rst,             // synchronous, active high
    input  wire        sck,             // mode 0, most significant bit first
    input  wire        cs_n,
    input  wire        mosi,
    output wire        miso,
    output wire        miso_enable,     // for a bus with other devices
{%- when Host::Uart %}
    input  wire        clk,
    input  wire        rst,             // synchronous, active high
    input  wire        rx,              // 8 bits, no parity, one stop bit
    output wire        tx,
{%- endmatch %}
    output wire        done{% if i.weights > 0 %},{% endif %}            // for one clock: a class was given
{%- if i.weights > 0 %}
    input  wire        feed_valid,      // weights that are not the host's, as a flash gives them
    input  wire [31:0] feed_data
{%- endif %}
);
{%- if streams %}
    wire clk = aclk;
    wire rst = !aresetn;
{%- endif %}
    wire        bus_write, bus_read;
    wire [5:0]  bus_write_word, bus_read_word;
    wire [31:0] bus_write_data, bus_read_data;
    wire        clear, queued, line_fault;

    wire        event_push, event_free, event_valid, event_pop, event_taken;
    wire [{{ i.index_bits() + 2 }}:0] event_pushed, event_data;
    wire        spike_push, spike_free, spike_valid, spike_pop;
    wire [{{ i.out_bits + 2 }}:0] spike;
    wire [15:0] room, level, unused_room, unused_level;

    wire        busy, disorder, class_valid;
    wire [31:0] samples, clocks;
    wire [{{ i.out_bits - 1 }}:0] class_index;

    wire [{{ i.slots * i.index_bits() - 1 }}:0] in_index;
    wire [{{ i.slots - 1 }}:0] in_keep;
    wire        in_last, in_first, in_valid, in_ready;
    wire [{{ i.out_bits - 1 }}:0] out_index;
    wire        out_keep, out_last, out_first, out_valid, out_ready;
{%- if i.weights > 0 %}
    wire        load_restart, load_write, load_start, load_valid, empty;
    wire [31:0] load_data, loaded, check;
{%- endif %}

    // ---- the host's side
{%- match front %}
{%- when Host::Axi %}
    snn_axi_lite u_registers_port (
        .clk(clk), .rst(rst),
        .s_axi_awaddr(s_axi_awaddr), .s_axi_awprot(s_axi_awprot), .s_axi_awvalid(s_axi_awvalid), .s_axi_awready(s_axi_awready),
        .s_axi_wdata(s_axi_wdata), .s_axi_wstrb(s_axi_wstrb), .s_axi_wvalid(s_axi_wvalid), .s_axi_wready(s_axi_wready),
        .s_axi_bresp(s_axi_bresp), .s_axi_bvalid(s_axi_bvalid), .s_axi_bready(s_axi_bready),
        .s_axi_araddr(s_axi_araddr), .s_axi_arprot(s_axi_arprot), .s_axi_arvalid(s_axi_arvalid), .s_axi_arready(s_axi_arready),
        .s_axi_rdata(s_axi_rdata), .s_axi_rresp(s_axi_rresp), .s_axi_rvalid(s_axi_rvalid), .s_axi_rready(s_axi_rready),
        .bus_write(bus_write), .bus_write_word(bus_write_word), .bus_write_data(bus_write_data),
        .bus_read(bus_read), .bus_read_word(bus_read_word), .bus_read_data(bus_read_data)
    );
    assign line_fault = 1'b0;

    wire [{{ i.slots * i.index_bits() - 1 }}:0] stream_index;
    wire [{{ i.slots - 1 }}:0] stream_keep;
    wire        stream_last, stream_first, stream_valid, stream_ready;
    wire        result_valid, result_ready;
    snn_axis_in #(.SLOTS({{ i.slots }}), .INDEX_BITS({{ i.index_bits() }}), .INDEX_BYTES({{ i.index_bytes() }})) u_stream_in (
        .s_axis_tdata(s_axis_tdata), .s_axis_tkeep(s_axis_tkeep), .s_axis_tlast(s_axis_tlast), .s_axis_tuser(s_axis_tuser),
        .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready), .enable(!clear && !queued),
        .m_index(stream_index), .m_keep(stream_keep), .m_last(stream_last), .m_first(stream_first),
        .m_valid(stream_valid), .m_ready(stream_ready)
    );
    snn_axis_out #(.INDEX_BITS({{ i.out_bits }}), .INDEX_BYTES({{ i.out_bytes() }})) u_stream_out (
        .clk(clk), .rst(clear),
        .s_index(out_index), .s_keep(out_keep), .s_last(out_last), .s_first(out_first),
        .s_valid(result_valid), .s_ready(result_ready),
        .m_axis_tdata(m_axis_tdata), .m_axis_tkeep(m_axis_tkeep), .m_axis_tlast(m_axis_tlast), .m_axis_tuser(m_axis_tuser),
        .m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready)
    );
{%- when _ %}
    wire        command_valid, answer_valid, answer_ready, start;
    wire [7:0]  command, answer;
{%- match front %}
{%- when Host::Spi %}
    snn_spi u_pins (
        .clk(clk), .rst(rst), .sck(sck), .cs_n(cs_n), .mosi(mosi), .miso(miso), .miso_enable(miso_enable),
        .idle(start), .o_valid(command_valid), .o_data(command), .i_valid(answer_valid), .i_data(answer), .i_ready(answer_ready)
    );
    assign line_fault = 1'b0;
{%- when _ %}
    snn_uart #(.DIVISOR(DIVISOR)) u_pins (
        .clk(clk), .rst(rst), .rx(rx), .tx(tx), .fault(line_fault),
        .o_valid(command_valid), .o_data(command), .i_valid(answer_valid), .i_data(answer), .i_ready(answer_ready)
    );
    assign start = 1'b0;
{%- endmatch %}
    snn_packets #(.EVENT_BYTES({{ i.event_bytes() }}), .SPIKE_BYTES({{ i.spike_bytes() }}), .EVENT({{ event }}), .SPIKE({{ spike }})) u_packets (
        .clk(clk), .rst(rst), .start(start),
        .i_valid(command_valid), .i_data(command), .o_valid(answer_valid), .o_data(answer), .o_ready(answer_ready),
        .bus_write(bus_write), .bus_write_word(bus_write_word), .bus_write_data(bus_write_data),
        .bus_read(bus_read), .bus_read_word(bus_read_word), .bus_read_data(bus_read_data)
    );

    // no streams: everything goes through the queues
    wire [{{ i.slots * i.index_bits() - 1 }}:0] stream_index = {{ i.slots * i.index_bits() }}'d0;
    wire [{{ i.slots - 1 }}:0] stream_keep = {{ i.slots }}'d0;
    wire        stream_last = 1'b0, stream_first = 1'b0, stream_valid = 1'b0, result_ready = 1'b0;
    wire        stream_ready, result_valid;
    wire        unused_stream = &{1'b0, stream_ready, result_valid};
{%- endmatch %}

    // ---- registers and queues
    {{ i.top }}_registers u_registers (
        .clk(clk), .rst(rst),
        .bus_write(bus_write), .bus_write_word(bus_write_word), .bus_write_data(bus_write_data),
        .bus_read(bus_read), .bus_read_word(bus_read_word), .bus_read_data(bus_read_data),
        .clear(clear), .queued(queued),
        .event_push(event_push), .event_data(event_pushed), .event_free(event_free), .room(room), .level(level),
        .spike_valid(spike_valid), .spike(spike), .spike_pop(spike_pop),
        .busy(busy), .disorder(disorder), .line_fault(line_fault),
        .samples(samples), .clocks(clocks), .class_index(class_index)
{%- if i.weights > 0 %},
        .load_start(load_restart), .load_write(load_write), .loaded(loaded), .check(check), .empty(empty)
{%- endif %}
    );
{%- if i.weights > 0 %}
    snn_feed #(.WORDS({{ i.weights }})) u_feed (
        .clk(clk), .rst(rst), .start(load_restart), .write(load_write), .write_data(bus_write_data),
        .feed_valid(feed_valid), .feed_data(feed_data),
        .load_start(load_start), .load_valid(load_valid), .load_data(load_data),
        .loaded(loaded), .check(check), .empty(empty)
    );
{%- endif %}
    snn_queue #(.WIDTH({{ i.index_bits() + 3 }}), .ADDRESS_BITS(QUEUE_BITS)) u_events (
        .clk(clk), .rst(clear), .push(event_push), .push_data(event_pushed), .free(event_free), .room(room), .level(unused_level),
        .valid(event_valid), .data(event_data), .pop(event_pop)
    );
    snn_queue #(.WIDTH({{ i.out_bits + 3 }}), .ADDRESS_BITS(QUEUE_BITS)) u_spikes (
        .clk(clk), .rst(clear), .push(spike_push), .push_data({out_last, out_keep, out_first, out_index}),
        .free(spike_free), .room(unused_room), .level(level), .valid(spike_valid), .data(spike), .pop(spike_pop)
    );
    snn_route #(.SLOTS({{ i.slots }}), .INDEX_BITS({{ i.index_bits() }})) u_route (
        .queued(queued),
        .s_index(stream_index), .s_keep(stream_keep), .s_last(stream_last), .s_first(stream_first),
        .s_valid(stream_valid), .s_ready(stream_ready),
        .q_event(event_data), .q_valid(event_valid), .q_pop(event_pop),
        .m_index(in_index), .m_keep(in_keep), .m_last(in_last), .m_first(in_first), .m_valid(in_valid), .m_ready(in_ready),
        .spike_valid(out_valid), .spike_ready(out_ready), .stream_valid(result_valid), .stream_ready(result_ready),
        .queue_push(spike_push), .queue_free(spike_free)
    );
    assign event_taken = in_valid && in_ready && !clear;
    snn_progress #(.PLANES({{ i.planes }}), .FRAMES({{ i.frames }})) u_progress (
        .clk(clk), .rst(clear), .taken(event_taken), .last(in_last), .first(in_first), .class_valid(class_valid),
        .busy(busy), .disorder(disorder), .samples(samples), .clocks(clocks)
    );

    // ---- the network
    {{ i.network }} u_network (
        .clk(clk), .rst(clear),
        .s_index(in_index), .s_keep(in_keep), .s_last(in_last), .s_first(in_first), .s_valid(in_valid), .s_ready(in_ready),
        .m_index(out_index), .m_last(out_last), .m_first(out_first), .m_valid(out_valid), .m_ready(out_ready),
        .class_valid(class_valid), .class_index(class_index)
{%- if i.weights > 0 %},
        .load_start(load_start), .load_valid(load_valid), .load_data(load_data)
{%- endif %}
    );
    assign out_keep = !out_last; // a beat of spikes is one or an end
    assign done     = class_valid;
endmodule

`default_nettype wire
