// Currents that do not change over time: kept for a sample, and given once per timestep to the neurons.
// Two samples fit, so one is replayed while the next is computed.
// Clocks: PERIOD per timestep, one more per sample; the first current leaves 3 clocks after `start`.
`default_nettype none
module snn_replay #(
    parameter WIDTH     = 16,   // of a group of currents
    parameter WORDS     = 4,    // groups of a sample
    parameter PERIOD    = 9,    // clocks of a timestep, WORDS or more
    parameter TIMESTEPS = 8
) (
    input  wire             clk,
    input  wire             rst,       // synchronous, active high
    input  wire             i_valid,
    input  wire [WIDTH-1:0] i_data,
    input  wire [2:0]       i_tag,     // keep, last and first position of a pool window
    output wire             written,   // a sample is complete
    input  wire             full,      // a sample can be replayed
    output wire             read,      // it has been
    output wire             start,     // reserves the output, while ...
    input  wire             free,      // ... there is room
    output reg              o_valid,
    output reg  [WIDTH-1:0] o_data,
    output reg  [3:0]       o_tag      // i_tag, and whether it is the first timestep
);
    localparam ADDRESS_BITS = $clog2(2 * WORDS);
    localparam COUNT_BITS   = $clog2(PERIOD + 1);
    localparam TIME_BITS    = TIMESTEPS > 1 ? $clog2(TIMESTEPS) : 1;
    localparam LAST         = WORDS - 1;
    localparam LAST_COUNT   = PERIOD - 1;
    localparam [TIME_BITS-1:0] LAST_TIME = TIMESTEPS[TIME_BITS-1:0] - 1'b1;

    // a sample goes out, timestep after timestep
    reg                    active_q, reading_q, first_q, last_q, second_q;
    reg [COUNT_BITS-1:0]   count_q;
    reg [TIME_BITS-1:0]    time_q;     // of the next timestep
    reg [ADDRESS_BITS-1:0] read_q;
    wire                   ends = active_q && count_q == LAST_COUNT[COUNT_BITS-1:0];
    assign start = full && free && (!active_q || (ends && !last_q));
    assign read  = ends && last_q;
    always @(posedge clk) begin
        if (start) begin
            active_q  <= 1'b1;
            reading_q <= 1'b1;
            first_q  <= time_q == {TIME_BITS{1'b0}};
            last_q   <= time_q == LAST_TIME;
            time_q   <= time_q == LAST_TIME ? {TIME_BITS{1'b0}} : time_q + 1'b1;
            count_q  <= {COUNT_BITS{1'b0}};
            read_q   <= second_q ? WORDS[ADDRESS_BITS-1:0] : {ADDRESS_BITS{1'b0}};
        end else begin
            if (ends) active_q <= 1'b0;
            count_q <= count_q + 1'b1;
            if (count_q == LAST[COUNT_BITS-1:0]) reading_q <= 1'b0;
            else read_q <= read_q + 1'b1;
        end
        if (read) second_q <= !second_q;
        if (rst) begin
            active_q <= 1'b0;
            time_q   <= {TIME_BITS{1'b0}};
            second_q <= 1'b0;
        end
    end

    wire [WIDTH+2:0] stored;
    reg              valid_1q, first_1q;
    snn_kept #(.WIDTH(WIDTH + 3), .WORDS(WORDS), .ADDRESS_BITS(ADDRESS_BITS)) u_kept (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_data({i_tag, i_data}), .written(written),
        .read(active_q), .read_address(read_q), .read_data(stored)
    );
    always @(posedge clk) begin
        valid_1q <= active_q && reading_q && !rst;
        first_1q <= first_q;
        o_valid  <= valid_1q && !rst;
        if (valid_1q) begin
            o_data <= stored[WIDTH-1:0];
            o_tag  <= {stored[WIDTH+2:WIDTH], first_1q};
        end
    end
endmodule
`default_nettype wire
