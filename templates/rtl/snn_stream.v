// Front end of a dense layer that reads the event stream directly: each event is one row of weights, SLOTS of them a beat.
// Rows stay as they come, so the layer needs a lane for every output. Clocks: one per beat; the beat that ends a
// timestep waits until the timestep before has left the lanes (INTERVAL clocks) and the output has room.
`default_nettype none
module snn_stream #(
    parameter INDEX_BITS = 3,   // of an event
    parameter SLOTS      = 1,   // events of a beat, at most
    parameter PLANES     = 1,   // digit planes of an input value, most significant first; 1: spikes
    parameter NEGATIVE   = 0,   // 1: the first plane is the sign of two's complement
    parameter INTERVAL   = 1    // least clocks between two timesteps
) (
    input  wire                        clk,
    input  wire                        rst,        // synchronous, active high
    input  wire [SLOTS*INDEX_BITS-1:0] s_index,    // active inputs, ...
    input  wire [SLOTS-1:0]            s_keep,     // ... in these slots
    input  wire                        s_last,     // the last beat of its timestep or plane
    input  wire                        s_first,    // first timestep of a sample
    input  wire                        s_valid,
    output wire                        s_ready,
    output wire                        start,      // reserves the output, while ...
    input  wire                        free,       // ... there is room
    output wire                        o_valid,    // to the lanes
    output wire [SLOTS*INDEX_BITS-1:0] o_row,
    output wire [SLOTS-1:0]            o_hit,
    output wire [SLOTS-1:0]            o_subtract,
    output wire                        o_load,
    output wire [SLOTS-1:0]            o_twice,
    output wire                        o_shift,
    output wire                        o_done,
    output wire [3:0]                  o_tag       // keep, last and first position of a pool window, first timestep
);
    localparam PLANE_BITS = PLANES > 1 ? $clog2(PLANES) : 1;
    localparam [PLANE_BITS-1:0] LAST_PLANE = PLANES[PLANE_BITS-1:0] - 1'b1;
    localparam WAIT_BITS = $clog2(INTERVAL + 1);
    localparam [WAIT_BITS-1:0] WAIT = INTERVAL[WAIT_BITS-1:0] - 1'b1;

    reg                        valid_q;
    reg [SLOTS*INDEX_BITS-1:0] index_q;
    reg [SLOTS-1:0]            keep_q;
    reg                        last_q;
    reg                        first_q;
    reg                        load_q;      // nothing has been added yet
    reg                        shift_q;     // nothing of this plane
    reg [PLANE_BITS-1:0]       plane_q;
    reg [WAIT_BITS-1:0]        wait_q;      // clocks until the lanes can be drained again

    wire last_plane = plane_q == LAST_PLANE;
    wire done       = last_q && last_plane;
    wire blocked    = valid_q && done && (wait_q != {WAIT_BITS{1'b0}} || !free);

    assign s_ready    = !blocked;
    assign o_valid    = valid_q && !blocked;
    assign o_row      = index_q;
    assign o_hit      = keep_q;
    assign o_subtract = {SLOTS{NEGATIVE != 0 && plane_q == {PLANE_BITS{1'b0}}}};
    assign o_load     = load_q;
    assign o_twice    = {SLOTS{1'b0}};
    assign o_shift    = shift_q;
    assign o_done     = done;
    assign o_tag      = {3'b111, first_q};
    assign start      = o_valid && done;

    always @(posedge clk) begin
        if (s_ready) begin
            valid_q <= s_valid;
            index_q <= s_index;
            keep_q  <= s_keep;
            last_q  <= s_last;
            first_q <= s_first;
        end
        if (start) wait_q <= WAIT;
        else if (wait_q != {WAIT_BITS{1'b0}}) wait_q <= wait_q - 1'b1;
        if (o_valid) load_q <= done;
        if (o_valid) shift_q <= last_q && !last_plane;
        if (o_valid && last_q) plane_q <= last_plane ? {PLANE_BITS{1'b0}} : plane_q + 1'b1;
        if (rst) begin
            valid_q  <= 1'b0;
            load_q   <= 1'b1;
            shift_q  <= 1'b0;
            plane_q  <= {PLANE_BITS{1'b0}};
            wait_q   <= {WAIT_BITS{1'b0}};
        end
    end
endmodule
`default_nettype wire
