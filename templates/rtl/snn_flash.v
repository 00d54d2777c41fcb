// Reads weights from the flash that the device was configured from: a file as `weights.bin` is, which begins at ADDRESS. The
// flash sleeps then, and is woken first. A file of another design (its first and its third word say so) is not read on.
// SPI mode 0, a bit in four clocks; in the flash the lowest byte of a word comes first, the highest bit of a byte.
`default_nettype none
module snn_flash #(
    parameter        WORDS       = 1,          // of weights, behind 5 of the header
    parameter [23:0] ADDRESS     = 24'h100000,
    parameter [31:0] FINGERPRINT = 32'd0,      // of the design
    parameter        WAKE_BITS   = 12          // 2^WAKE_BITS clocks until the flash is awake: 35 us or more
) (
    input  wire        clk,
    input  wire        rst,        // synchronous, active high
    output wire        sck,
    output wire        cs_n,
    output wire        mosi,
    input  wire        miso,
    output reg         m_valid,
    output reg  [31:0] m_data
);
    localparam HEADER     = 5;
    localparam ALL        = WORDS + HEADER;
    localparam COUNT_BITS = $clog2(ALL + 1);
    localparam LAST       = ALL - 1;
    localparam TWO        = 2;
    localparam [31:0] MAGIC = 32'h574e4e53;    // "SNNW"
    localparam [2:0] WAKE = 3'd0, WAIT = 3'd1, ASK = 3'd2, READ = 3'd3, DONE = 3'd4;

    reg [2:0]            state_q;
    reg [1:0]            phase_q;       // of a bit: sck is high in the second half
    reg [4:0]            bits_q;        // that are left
    reg [31:0]           out_q;
    reg [30:0]           in_q;
    reg [WAKE_BITS-1:0]  wait_q;
    reg [COUNT_BITS-1:0] word_q;
    wire active = state_q == WAKE || state_q == ASK || state_q == READ;
    wire shifts = active && phase_q == 2'd3;
    wire ends   = shifts && bits_q == 5'd0;
    wire [31:0] shifted = {in_q, miso};
    wire [31:0] word    = {shifted[7:0], shifted[15:8], shifted[23:16], shifted[31:24]};
    reg                  read_q;        // a word has come, ...
    reg [COUNT_BITS-1:0] number_q;      // ... this one
    wire wrong = read_q && ((number_q == {COUNT_BITS{1'b0}} && m_data != MAGIC)
        || (number_q == TWO[COUNT_BITS-1:0] && m_data != FINGERPRINT));

    assign sck  = phase_q[1];
    assign cs_n = !active;
    assign mosi = out_q[31];
    always @(posedge clk) begin
        phase_q <= active ? phase_q + 1'b1 : 2'd0;
        wait_q  <= state_q == WAIT ? wait_q + 1'b1 : {WAKE_BITS{1'b0}};
        if (ends) m_data <= word;
        m_valid  <= ends && state_q == READ && word_q >= HEADER[COUNT_BITS-1:0];
        read_q   <= ends && state_q == READ;
        number_q <= word_q;
        if (shifts) begin
            out_q  <= {out_q[30:0], 1'b0};
            in_q   <= shifted[30:0];
            bits_q <= bits_q - 1'b1;
        end
        case (state_q)
            WAKE: if (ends) state_q <= WAIT;
            WAIT: if (&wait_q) begin
                state_q <= ASK;
                out_q   <= {8'h03, ADDRESS};
                bits_q  <= 5'd31;
            end
            ASK:  if (ends) state_q <= READ;      // 32 more bits: `bits_q` has gone round
            READ: if (ends) begin
                word_q <= word_q + 1'b1;
                if (word_q == LAST[COUNT_BITS-1:0]) state_q <= DONE;
            end
            default: state_q <= DONE;
        endcase
        if (wrong) state_q <= DONE;
        if (rst) begin
            state_q <= WAKE;
            phase_q <= 2'd0;
            out_q   <= {8'hab, 24'd0};            // release from power-down
            bits_q  <= 5'd7;
            word_q  <= {COUNT_BITS{1'b0}};
            m_valid <= 1'b0;
            read_q  <= 1'b0;
        end
    end
endmodule
`default_nettype wire
