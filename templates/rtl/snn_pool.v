// Pool: elements of a window, position after position, become one. GROUP channels per clock, one clock deep, never waits.
// Integer rules: runtime-nostd/src/pool.rs. Positions come window by window, so one word per channel group is enough.
`default_nettype none
module snn_pool #(
    parameter GROUP    = 2,     // elements per clock
    parameter GROUPS   = 2,     // channels / GROUP
    parameter IN_BITS  = 16,
    parameter OUT_BITS = 16,    // of a sum wide enough, of a maximum IN_BITS
    parameter OP       = 0      // 0: maximum, signed; 1: sum, signed; 2: OR of spikes; 3: count of spikes
) (
    input  wire                      clk,
    input  wire                      rst,      // synchronous, active high
    input  wire                      i_valid,
    input  wire [GROUP*IN_BITS-1:0]  i_data,
    input  wire [3:0]                i_tag,    // keep, last and first position of its window, first timestep
    output reg                       o_valid,
    output reg  [GROUP*OUT_BITS-1:0] o_data,
    output reg                       o_first
);
    localparam COUNT_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
    localparam [COUNT_BITS-1:0] LAST = GROUPS[COUNT_BITS-1:0] - 1'b1;

    reg  [COUNT_BITS-1:0]     group_q;
    reg  [GROUP*OUT_BITS-1:0] kept [0:GROUPS-1];
    wire [GROUP*OUT_BITS-1:0] so_far = kept[group_q];
    wire [GROUP*OUT_BITS-1:0] result;

    genvar i;
    generate for (i = 0; i < GROUP; i = i + 1) begin : element
        wire [IN_BITS-1:0]  in = i_data[i*IN_BITS +: IN_BITS];
        wire [OUT_BITS-1:0] old = so_far[i*OUT_BITS +: OUT_BITS];
        wire [OUT_BITS-1:0] wide;
        wire [OUT_BITS-1:0] joined;
        if (OUT_BITS == IN_BITS) begin : same
            assign wide = in;
        end else begin : wider
            assign wide = {{(OUT_BITS-IN_BITS){OP == 1 && in[IN_BITS-1]}}, in};
        end
        if (OP == 0) begin : maximum
            assign joined = $signed(wide) > $signed(old) ? wide : old;
        end else if (OP == 2) begin : any
            assign joined = wide | old;
        end else begin : sum
            assign joined = wide + old;
        end
        assign result[i*OUT_BITS +: OUT_BITS] = i_tag[1] ? wide : joined;
    end endgenerate

    always @(posedge clk) begin
        if (i_valid) begin
            kept[group_q] <= result;
            group_q       <= group_q == LAST ? {COUNT_BITS{1'b0}} : group_q + 1'b1;
            o_data        <= result;
            o_first       <= i_tag[0];
        end
        o_valid <= i_valid && i_tag[2] && i_tag[3];
        if (rst) begin
            group_q <= {COUNT_BITS{1'b0}};
            o_valid <= 1'b0;
        end
    end
endmodule
`default_nettype wire
