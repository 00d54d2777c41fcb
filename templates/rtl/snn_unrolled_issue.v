// Front of an unrolled network: a frame of input per clock, and behind it a token for each timestep, through layers that
// never wait. A timestep begins only while the output has room for it.
`default_nettype none
module snn_unrolled_issue #(
    parameter FAN_IN    = 8,    // inputs
    parameter PLANES    = 1,    // frames of a timestep: digit planes, most significant first; 1: spikes
    parameter CONSTANT  = 0,    // 1: a sample has the frames of one timestep, and every timestep takes them
    parameter TIMESTEPS = 8,    // of a sample; looked at if CONSTANT
    parameter ROOM_BITS = 3     // the output has room for 2^ROOM_BITS timesteps
) (
    input  wire              clk,
    input  wire              rst,       // synchronous, active high
    input  wire [FAN_IN-1:0] s_spikes,  // a frame
    input  wire              s_first,   // first timestep of a sample
    input  wire              s_valid,
    output wire              s_ready,
    output reg  [FAN_IN-1:0] o_spikes,
    output reg               o_plane,   // a frame, ...
    output reg               o_load,    // ... the first of its timestep
    output reg               o_done,    // ... the last of its timestep
    output reg               o_step,    // a timestep, with its last frame or behind it
    output reg               o_first,   // first timestep of a sample
    input  wire              given      // a timestep has left the output
);
    localparam PLANE_BITS = PLANES > 1 ? $clog2(PLANES) : 1;
    localparam TIME_BITS  = TIMESTEPS > 1 ? $clog2(TIMESTEPS) : 1;
    localparam [PLANE_BITS-1:0] LAST_PLANE = PLANES[PLANE_BITS-1:0] - 1'b1;
    localparam [TIME_BITS-1:0]  LAST_TIME  = TIMESTEPS[TIME_BITS-1:0] - 1'b1;
    localparam [ROOM_BITS:0]    ROOM       = {1'b1, {ROOM_BITS{1'b0}}};

    reg  [PLANE_BITS-1:0] plane_q;
    reg  [TIME_BITS-1:0]  left_q;       // timesteps of the sample that are still to begin
    reg  [ROOM_BITS:0]    room_q;
    wire                  room   = room_q != {(ROOM_BITS+1){1'b0}};
    wire                  begun  = left_q != {TIME_BITS{1'b0}};
    wire                  last   = plane_q == LAST_PLANE;
    wire                  taken  = s_valid && s_ready;
    wire                  again  = begun && room;
    wire                  begins = (taken && last) || again;

    assign s_ready = !last || (room && !begun);
    always @(posedge clk) begin
        if (taken) o_spikes <= s_spikes;
        if (taken) plane_q <= last ? {PLANE_BITS{1'b0}} : plane_q + 1'b1;
        if (taken && last) left_q <= CONSTANT != 0 ? LAST_TIME : {TIME_BITS{1'b0}};
        else if (again) left_q <= left_q - 1'b1;
        if (begins != given) room_q <= given ? room_q + 1'b1 : room_q - 1'b1;
        o_plane <= taken;
        o_load  <= plane_q == {PLANE_BITS{1'b0}};
        o_done  <= taken && last;
        o_step  <= begins;
        o_first <= s_first && !begun;
        if (rst) begin
            plane_q <= {PLANE_BITS{1'b0}};
            left_q  <= {TIME_BITS{1'b0}};
            room_q  <= ROOM;
            o_plane <= 1'b0;
            o_done  <= 1'b0;
            o_step  <= 1'b0;
        end
    end
endmodule
`default_nettype wire
