// Register map of {{ i.top }}: one word a register, as docs/host.md of snnc lists them. Written by snnc.
`default_nettype none

module {{ i.top }}_registers (
    input  wire        clk,
    input  wire        rst,             // synchronous, active high
    input  wire        bus_write,
    input  wire [5:0]  bus_write_word,
    input  wire [31:0] bus_write_data,
    input  wire        bus_read,        // for one clock: what is read is taken
    input  wire [5:0]  bus_read_word,
    output reg  [31:0] bus_read_data,
    output wire        clear,           // reset of everything behind the map, for one clock
    output wire        queued,          // events and spikes go through the queues
    output wire        event_push,
    output wire [{{ i.index_bits() + 2 }}:0] event_data,      // {last, keep, first, index}
    input  wire        event_free,
    input  wire [15:0] room,            // events of input there is room for
    input  wire [15:0] level,           // events of output there are
    input  wire        spike_valid,
    input  wire [{{ i.out_bits + 2 }}:0] spike,           // {last, keep, first, index}
    output wire        spike_pop,
    input  wire        busy,
    input  wire        disorder,
    input  wire        line_fault,      // for one clock
    input  wire [31:0] samples,
    input  wire [31:0] clocks,
    input  wire [{{ i.out_bits - 1 }}:0] class_index
{%- if i.weights > 0 %},
    output wire        load_start,      // the next word of weights is the first again
    output wire        load_write,      // a word of weights
    input  wire [31:0] loaded,          // words of weights that were taken
    input  wire [31:0] check,
    input  wire        empty            // they are not all there
{%- endif %}
);
    localparam CLASS_BITS = {{ i.out_bits }};
{%- for register in registers %}
    localparam [5:0] {{ register.name }} = 6'd{{ loop.index0 }};
{%- endfor %}

    reg reset_q, overflow_q, line_q;
{%- if streams %}
    reg queued_q;
    assign queued = queued_q;
{%- else %}
    assign queued = 1'b1;
{%- endif %}
    wire writes_control = bus_write && bus_write_word == CONTROL;
    wire writes_event   = bus_write && bus_write_word == EVENT;
{%- if i.weights > 0 %}
    assign load_start = writes_control && bus_write_data[2];
    assign load_write = bus_write && bus_write_word == LOAD;
{%- else %}
    wire [31:0] loaded = 32'd0, check = 32'd0;    // the weights are fixed
    wire        empty = 1'b0;
{%- endif %}
    wire [31:0] spike_word = spike_valid ? {spike[{{ i.out_bits + 2 }}:{{ i.out_bits }}], {(29-CLASS_BITS){1'b0}}, spike[{{ i.out_bits - 1 }}:0]} : 32'd0;
    wire unused = &{1'b0, bus_write_data};

    assign clear      = rst || reset_q;
    assign event_push = writes_event && event_free && bus_write_data[31:30] != 2'b00;   // what says nothing is dropped
    assign event_data = {bus_write_data[31:29], bus_write_data[{{ i.index_bits() - 1 }}:0]};
    assign spike_pop  = bus_read && bus_read_word == SPIKE && spike_valid;
    always @*
        case (bus_read_word)
{%- for (name, value) in values %}
            {{ name }}: bus_read_data = {{ value }};
{%- endfor %}
            default: bus_read_data = 32'd0;
        endcase
    always @(posedge clk) begin
        reset_q <= writes_control && bus_write_data[0] && !rst;
        if (writes_event && !event_free) overflow_q <= 1'b1;
        if (line_fault) line_q <= 1'b1;
{%- if streams %}
        if (writes_control) queued_q <= bus_write_data[1];
        if (rst) queued_q <= 1'b0;
{%- endif %}
        if (clear) begin
            overflow_q <= 1'b0;
            line_q     <= 1'b0;
        end
    end
endmodule

`default_nettype wire
