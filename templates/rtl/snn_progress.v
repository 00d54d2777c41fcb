// How far the samples are: the beats that a network takes and the classes that it gives, as counts and clocks.
`default_nettype none
module snn_progress #(
    parameter PLANES = 1,       // digit planes of a timestep of input
    parameter FRAMES = 8        // timesteps of a sample that have input
) (
    input  wire        clk,
    input  wire        rst,         // synchronous, active high
    input  wire        taken,       // the network takes a beat
    input  wire        last,        // ... that ends a timestep or digit plane
    input  wire        first,       // ... of a sample's first timestep
    input  wire        class_valid, // the network gives a class
    output wire        busy,        // a sample has begun and its class is not there
    output reg         disorder,    // `first` was not what the ends before say; stays
    output reg  [31:0] samples,     // classes that were given
    output reg  [31:0] clocks       // of the last sample: from its first beat, or from the class before if that came later
);
    localparam ENDS      = PLANES * FRAMES;
    localparam LAST_END  = ENDS - 1;
    localparam ENDS_BITS = $clog2(ENDS + 1);

    reg  [ENDS_BITS-1:0] ends_q;    // of the sample that is taken
    reg                  fresh_q;   // nothing of it has been taken
    reg  [7:0]           begun_q;   // samples that have begun and have no class
    reg  [31:0]          clock_q;
    wire sample_end = taken && last && ends_q == LAST_END[ENDS_BITS-1:0];
    wire begins     = taken && fresh_q;

    assign busy = begun_q != 8'd0;
    always @(posedge clk) begin
        if (taken) fresh_q <= sample_end;
        if (taken && last) ends_q <= sample_end ? {ENDS_BITS{1'b0}} : ends_q + 1'b1;
        if (taken && first != (ends_q < PLANES[ENDS_BITS-1:0])) disorder <= 1'b1;
        begun_q <= begun_q + {7'd0, begins} - {7'd0, class_valid};
        clock_q <= !busy || class_valid ? 32'd1 : clock_q + 1'b1;
        if (class_valid) begin
            samples <= samples + 1'b1;
            clocks  <= clock_q;
        end
        if (rst) begin
            fresh_q  <= 1'b1;
            ends_q   <= {ENDS_BITS{1'b0}};
            begun_q  <= 8'd0;
            disorder <= 1'b0;
            samples  <= 32'd0;
            clocks   <= 32'd0;
        end
    end
endmodule
`default_nettype wire
