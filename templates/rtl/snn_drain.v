// Finished sums, copied aside: GROUP lanes leave per clock while the next sum accumulates. Of sums that run on, what leaves
// is the difference to the sum before.
// Clocks: the first group leaves three after `i_done`.
`default_nettype none
module snn_drain #(
    parameter LANES    = 4,     // a multiple of GROUP
    parameter SUM_BITS = 16,
    parameter GROUP    = 2,     // lanes that leave per clock
    parameter RUNNING  = 0      // 1: sums run on; they are zero after a reset
) (
    input  wire                      clk,
    input  wire                      rst,        // synchronous, active high
    input  wire                      i_done,     // `i_sums` are complete; not within LANES / GROUP clocks
    input  wire [LANES*SUM_BITS-1:0] i_sums,
    input  wire [3:0]                i_tag,      // goes with them
    output reg                       o_valid,
    output reg  [GROUP*SUM_BITS-1:0] o_sums,     // lowest lane in the lowest bits
    output reg  [3:0]                o_tag
);
    localparam GROUPS     = LANES / GROUP;
    localparam COUNT_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
    localparam [COUNT_BITS-1:0] LAST = GROUPS[COUNT_BITS-1:0] - 1'b1;

    // 1: aside, 2: a group of them and what it was before, 3: the difference
    reg  [LANES*SUM_BITS-1:0] aside_q;
    wire [GROUP*SUM_BITS-1:0] groups [0:GROUPS-1];
    genvar i;
    generate for (i = 0; i < GROUPS; i = i + 1) begin : drained
        assign groups[i] = aside_q[i*GROUP*SUM_BITS +: GROUP*SUM_BITS];
    end endgenerate
    reg                       drain_q, valid_2q;
    reg  [COUNT_BITS-1:0]     count_q;
    reg  [3:0]                tag_q, tag_2q;
    reg  [GROUP*SUM_BITS-1:0] group_2q;
    wire [GROUP*SUM_BITS-1:0] group = groups[count_q];
    wire [GROUP*SUM_BITS-1:0] before_2;
    wire                      last = count_q == LAST;
    generate if (RUNNING != 0) begin : running
        reg known_q, known_2q;    // a sum has left since the reset
        wire [GROUP*SUM_BITS-1:0] stored_2;
        if (GROUPS > 1) begin : several
            reg [COUNT_BITS-1:0] count_2q;
            always @(posedge clk) count_2q <= count_q;
            snn_ram #(.WIDTH(GROUP*SUM_BITS), .DEPTH(GROUPS), .ADDRESS_BITS(COUNT_BITS)) u_before (
                .clk(clk), .write(valid_2q), .write_address(count_2q), .write_data(group_2q),
                .read(drain_q), .read_address(count_q), .read_data(stored_2)
            );
        end else begin : alone
            reg [GROUP*SUM_BITS-1:0] before_2q;
            always @(posedge clk) if (drain_q) before_2q <= group_2q;
            assign stored_2 = before_2q;
        end
        always @(posedge clk) begin
            known_q  <= !rst && (known_q || (drain_q && last));
            known_2q <= known_q;
        end
        assign before_2 = stored_2 & {(GROUP*SUM_BITS){known_2q}};
    end else begin : cleared
        assign before_2 = {(GROUP*SUM_BITS){1'b0}};
    end endgenerate
    generate for (i = 0; i < GROUP; i = i + 1) begin : element
        always @(posedge clk)
            if (valid_2q) o_sums[i*SUM_BITS +: SUM_BITS] <= group_2q[i*SUM_BITS +: SUM_BITS] - before_2[i*SUM_BITS +: SUM_BITS];
    end endgenerate
    always @(posedge clk) begin
        if (i_done) begin
            aside_q <= i_sums;
            drain_q <= 1'b1;
            count_q <= {COUNT_BITS{1'b0}};
            tag_q   <= i_tag;
        end else if (last) drain_q <= 1'b0;
        else count_q <= count_q + 1'b1;
        if (drain_q) begin
            group_2q <= group;
            tag_2q   <= tag_q;
        end
        if (valid_2q) o_tag <= tag_2q;
        {valid_2q, o_valid} <= {drain_q, valid_2q};
        if (rst) begin
            drain_q  <= 1'b0;
            valid_2q <= 1'b0;
            o_valid  <= 1'b0;
        end
    end
endmodule
`default_nettype wire
