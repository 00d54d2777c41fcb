// A synaptic current: leak, add the current, saturate, or be 0 after a spike; GROUP neurons per clock.
// Integer rules: runtime-nostd/src/neuron.rs. Nothing clears a state: the first timestep of a sample reads zero.
// Five clocks deep, never waits. The same neuron may come back after LOOP = 6 clocks.
`default_nettype none
module snn_filter #(
    parameter GROUP        = 2,    // neurons per clock
    parameter WORDS        = 4,    // neurons / GROUP
    parameter GROUPS       = 2,    // channels / GROUP
    parameter CURRENT_BITS = 16,   // signed
    parameter BITS         = 12,   // of a state, signed
    parameter LEAK         = 0,    // the parameters of snn_leak
    parameter LEAK_SHIFT   = 1,
    parameter LEAK_FACTOR  = 0,
    parameter FACTOR_WORDS = 2,    // GROUPS; 1: the same for every group
    parameter FACTORS      = ""    // of LEAK 3
) (
    input  wire                          clk,
    input  wire                          rst,        // synchronous, active high
    input  wire                          i_valid,
    input  wire [GROUP*CURRENT_BITS-1:0] i_current,
    input  wire [3:0]                    i_tag,      // bit 0: first timestep of a sample
    input  wire [GROUP-1:0]              clear_1,    // a clock after i_valid: becomes 0
    output wire                          o_valid,
    output wire [GROUP*BITS-1:0]         o_states,   // as stored
    output wire [3:0]                    o_tag
);
    localparam WORD_BITS   = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam GROUP_BITS  = GROUPS > 1 ? $clog2(GROUPS) : 1;
    localparam FACTOR_BITS = LEAK_SHIFT + 1;
    localparam WIDE        = (CURRENT_BITS > BITS ? CURRENT_BITS : BITS) + 1;
    localparam [WORD_BITS-1:0]  LAST_WORD  = WORDS[WORD_BITS-1:0] - 1'b1;
    localparam [GROUP_BITS-1:0] LAST_GROUP = GROUPS[GROUP_BITS-1:0] - 1'b1;

    // where the neuron of each stage lies
    reg [WORD_BITS-1:0]   word_q;
    reg [GROUP_BITS-1:0]  group_q;
    reg [WORD_BITS*5-1:0] words_q;    // of stages 1 to 5, the newest lowest
    reg [4:0]             valids_q;
    reg [4*5-1:0]         tags_q;
    wire                  moves = i_valid || valids_q != 5'd0;
    always @(posedge clk) begin
        if (i_valid) begin
            word_q  <= word_q == LAST_WORD ? {WORD_BITS{1'b0}} : word_q + 1'b1;
            group_q <= group_q == LAST_GROUP ? {GROUP_BITS{1'b0}} : group_q + 1'b1;
        end
        if (moves) begin
            words_q <= {words_q[WORD_BITS*4-1:0], word_q};
            tags_q  <= {tags_q[4*4-1:0], i_tag};
        end
        valids_q <= {valids_q[3:0], i_valid};
        if (rst) begin
            word_q   <= {WORD_BITS{1'b0}};
            group_q  <= {GROUP_BITS{1'b0}};
            valids_q <= 5'd0;
        end
    end

    // 1: what is stored, and the channel's factor
    wire [GROUP*BITS-1:0]        stored;
    wire [GROUP*FACTOR_BITS-1:0] factors_1;
    reg  [GROUP*FACTOR_BITS-1:0] factors_2q;
    wire [GROUP*BITS-1:0]        next;
    snn_ram #(.WIDTH(GROUP*BITS), .DEPTH(WORDS), .ADDRESS_BITS(WORD_BITS)) u_states (
        .clk(clk), .write(valids_q[4]), .write_address(words_q[WORD_BITS*4 +: WORD_BITS]), .write_data(next),
        .read(i_valid), .read_address(word_q), .read_data(stored)
    );
    generate if (LEAK == 3) begin : factor_table
        snn_rom #(.WIDTH(GROUP*FACTOR_BITS), .DEPTH(FACTOR_WORDS), .ADDRESS_BITS(GROUP_BITS), .FILE(FACTORS)) u_factors (
            .clk(clk), .read(i_valid), .address(group_q), .data(factors_1)
        );
    end else begin : no_factor_table
        assign factors_1 = {(GROUP*FACTOR_BITS){1'b0}};
    end endgenerate
    reg [GROUP*CURRENT_BITS-1:0] current_1q, current_2q, current_3q;
    reg [GROUP-1:0]              clear_2q, clear_3q, clear_4q;
    always @(posedge clk) if (moves) begin
        factors_2q <= factors_1;
        current_1q <= i_current;
        current_2q <= current_1q;
        current_3q <= current_2q;
        clear_2q   <= clear_1;
        clear_3q   <= clear_2q;
        clear_4q   <= clear_3q;
    end

    genvar i;
    generate for (i = 0; i < GROUP; i = i + 1) begin : neuron
        reg  [BITS-1:0]         i_2q, i_3q, i_5q;
        reg  [WIDE-1:0]         i_4q;
        wire [BITS-1:0]         leaked;
        wire [CURRENT_BITS-1:0] current_3 = current_3q[i*CURRENT_BITS +: CURRENT_BITS];
        wire                    fits_4 = i_4q[WIDE-1:BITS-1] == {(WIDE-BITS+1){i_4q[WIDE-1]}};
        snn_leak #(.BITS(BITS), .LEAK(LEAK), .SHIFT(LEAK_SHIFT), .FACTOR(LEAK_FACTOR)) u_leak (
            .v(i_2q), .factor(factors_2q[i*FACTOR_BITS +: FACTOR_BITS]), .leaked(leaked)
        );
        always @(posedge clk)
            if (moves) begin
                i_2q <= tags_q[0] ? {BITS{1'b0}} : stored[i*BITS +: BITS];    // a sample starts from rest
                i_3q <= leaked;
                i_4q <= {{(WIDE-BITS){i_3q[BITS-1]}}, i_3q} + {{(WIDE-CURRENT_BITS){current_3[CURRENT_BITS-1]}}, current_3};
                i_5q <= clear_4q[i] ? {BITS{1'b0}} : fits_4 ? i_4q[BITS-1:0] : {i_4q[WIDE-1], {(BITS-1){!i_4q[WIDE-1]}}};
            end
        assign next[i*BITS +: BITS] = i_5q;
    end endgenerate

    assign o_valid  = valids_q[4];
    assign o_states = next;
    assign o_tag    = tags_q[4*4 +: 4];
endmodule
`default_nettype wire
