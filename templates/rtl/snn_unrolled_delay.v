// Control that goes beside a pipeline which never waits: out so many clocks later.
`default_nettype none
module snn_unrolled_delay #(
    parameter WIDTH  = 2,
    parameter CLOCKS = 1     // 1 or more
) (
    input  wire             clk,
    input  wire             rst,    // synchronous, active high
    input  wire [WIDTH-1:0] i,
    output wire [WIDTH-1:0] o
);
    reg  [WIDTH*CLOCKS-1:0]     late_q;    // the newest lowest
    wire [WIDTH*(CLOCKS+1)-1:0] all = {late_q, i};
    assign o = all[WIDTH*CLOCKS +: WIDTH];
    always @(posedge clk) late_q <= rst ? {(WIDTH*CLOCKS){1'b0}} : all[WIDTH*CLOCKS-1:0];
endmodule
`default_nettype wire
