// Constant currents, kept for a sample, joined to the currents of the layer's own spikes, timestep after timestep.
// Two samples fit. The window of the own spikes is walked once per timestep. It waits for the spikes of the timestep before,
// so that a sample has been joined, and released, when the walks of the next one begin.
// Clocks: JOIN = 2 from a group of own currents to the joined one.
`default_nettype none
module snn_join #(
    parameter GROUP     = 2,    // neurons per clock
    parameter WORDS     = 4,    // groups of a sample
    parameter KEPT_BITS = 16,   // of a constant current, signed
    parameter SUM_BITS  = 12,   // of an own current, signed
    parameter OUT_BITS  = 17,   // of both together, at least as many; proven not to overflow
    parameter TIMESTEPS = 8
) (
    input  wire                       clk,
    input  wire                       rst,        // synchronous, active high
    input  wire                       i_valid,    // constant currents
    input  wire [GROUP*KEPT_BITS-1:0] i_data,
    output wire                       written,    // a sample is complete
    input  wire                       full,       // a sample can be joined
    output wire                       read,       // it has been, at all timesteps
    output wire                       walk_full,  // the window of own spikes can be walked ...
    output wire                       walk_first, // ... in the first timestep
    input  wire                       walk_read,  // ... and has been
    input  wire                       s_valid,    // own currents
    input  wire [GROUP*SUM_BITS-1:0]  s_data,
    output reg                        o_valid,
    output reg  [GROUP*OUT_BITS-1:0]  o_data,
    output wire [3:0]                 o_tag       // bit 0: first timestep
);
    localparam ADDRESS_BITS = $clog2(2 * WORDS);
    localparam TIME_BITS    = TIMESTEPS > 1 ? $clog2(TIMESTEPS) : 1;
    localparam LAST         = WORDS - 1;
    localparam ALL          = 2 * WORDS - 1;
    localparam [TIME_BITS-1:0] LAST_TIME = TIMESTEPS[TIME_BITS-1:0] - 1'b1;

    // a sample is walked over
    reg [TIME_BITS-1:0] walk_q;    // timestep of the next walk
    assign walk_full  = full;
    assign walk_first = walk_q == {TIME_BITS{1'b0}};
    always @(posedge clk) begin
        if (walk_read) walk_q <= walk_q == LAST_TIME ? {TIME_BITS{1'b0}} : walk_q + 1'b1;
        if (rst) walk_q <= {TIME_BITS{1'b0}};
    end

    // and joined
    reg [TIME_BITS-1:0]    time_q;
    reg [ADDRESS_BITS-1:0] read_q;     // of the next word
    reg                    second_q, valid_1q, first_1q, first_2q, ends_1q;
    wire                   word_end = read_q == (second_q ? ALL[ADDRESS_BITS-1:0] : LAST[ADDRESS_BITS-1:0]);
    wire                   ends     = s_valid && word_end && time_q == LAST_TIME;
    assign read = ends_1q;
    always @(posedge clk) begin
        if (s_valid) begin
            if (word_end) time_q <= time_q == LAST_TIME ? {TIME_BITS{1'b0}} : time_q + 1'b1;
            // the same sample again, or the one behind it
            read_q <= !word_end         ? read_q + 1'b1 :
                      ends != second_q  ? WORDS[ADDRESS_BITS-1:0] : {ADDRESS_BITS{1'b0}};
            if (ends) second_q <= !second_q;
            first_1q <= time_q == {TIME_BITS{1'b0}};
        end
        valid_1q <= s_valid && !rst;
        ends_1q  <= ends && !rst;
        if (rst) begin
            time_q   <= {TIME_BITS{1'b0}};
            read_q   <= {ADDRESS_BITS{1'b0}};
            second_q <= 1'b0;
        end
    end

    wire [GROUP*KEPT_BITS-1:0] kept_1;
    reg  [GROUP*SUM_BITS-1:0]  own_1q;
    snn_kept #(.WIDTH(GROUP*KEPT_BITS), .WORDS(WORDS), .ADDRESS_BITS(ADDRESS_BITS)) u_kept (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_data(i_data), .written(written),
        .read(s_valid), .read_address(read_q), .read_data(kept_1)
    );
    wire [GROUP*OUT_BITS-1:0] joined;
    genvar i;
    generate for (i = 0; i < GROUP; i = i + 1) begin : element
        wire [KEPT_BITS-1:0] kept = kept_1[i*KEPT_BITS +: KEPT_BITS];
        wire [SUM_BITS-1:0]  own  = own_1q[i*SUM_BITS +: SUM_BITS];
        wire [OUT_BITS-1:0]  wide_kept, wide_own;
        if (OUT_BITS > KEPT_BITS) begin : wider_kept
            assign wide_kept = {{(OUT_BITS-KEPT_BITS){kept[KEPT_BITS-1]}}, kept};
        end else begin : same_kept
            assign wide_kept = kept;
        end
        if (OUT_BITS > SUM_BITS) begin : wider_own
            assign wide_own = {{(OUT_BITS-SUM_BITS){own[SUM_BITS-1]}}, own};
        end else begin : same_own
            assign wide_own = own;
        end
        assign joined[i*OUT_BITS +: OUT_BITS] = wide_kept + wide_own;
    end endgenerate
    always @(posedge clk) begin
        if (s_valid) own_1q <= s_data;
        o_valid <= valid_1q && !rst;
        if (valid_1q) begin
            o_data   <= joined;
            first_2q <= first_1q;
        end
    end
    assign o_tag = {3'b111, first_2q};
endmodule
`default_nettype wire
