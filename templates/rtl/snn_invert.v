// Frames of a sample to the inverted code: an element that spikes in most timesteps is coded by its silences. First goes a
// frame of these elements, whose sums are the base of each timestep (snn_base); then, for each timestep, what differs from
// it, and a sign for what is missing.
// Two samples fit, so that one is coded while the next is written.
// Clocks: WORDS per frame; the first word leaves two clocks after `start`.
`default_nettype none
module snn_invert #(
    parameter CHUNK        = 8,    // elements of a word
    parameter WORDS        = 2,    // of a frame
    parameter TIMESTEPS    = 8,    // of a sample
    parameter ADDRESS_BITS = 5     // of the words of two samples
) (
    input  wire                    clk,
    input  wire                    rst,         // synchronous, active high
    input  wire                    i_write,     // word after word; the same one of two frames not within two clocks
    input  wire [ADDRESS_BITS-1:0] i_address,
    input  wire [CHUNK-1:0]        i_data,
    output wire                    read,        // a frame has been read
    output wire                    start,       // reserves a frame of the reader's, while ...
    input  wire                    free,        // ... there is room
    output reg                     o_valid,
    output reg  [2*CHUNK-1:0]      o_data,      // of each element: {sign, set}
    output reg                     o_first      // of the frame of the base
);
    localparam COUNT_BITS = $clog2(TIMESTEPS + 1);
    localparam WORD_BITS  = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam FLAG_BITS  = $clog2(2 * WORDS);
    localparam LAST       = WORDS - 1;
    localparam ALL        = 2 * WORDS * TIMESTEPS - 1;
    localparam MOST       = (TIMESTEPS + 1) / 2;          // spikes beyond this cost more than the base and the silences
    localparam LAST_TIME  = TIMESTEPS - 1;

    // what is written is counted; the last timestep's words tell which elements are inverted
    reg  [WORD_BITS-1:0]        word_q, word_1q;
    reg  [COUNT_BITS-1:0]       time_q;
    reg                         write_1q, first_1q, last_1q, second_q, second_1q;
    reg  [CHUNK-1:0]            data_1q;
    wire [CHUNK*COUNT_BITS-1:0] counted;
    wire [CHUNK*COUNT_BITS-1:0] counts;
    wire [CHUNK-1:0]            inverted;
    wire                        word_end = word_q == LAST[WORD_BITS-1:0];
    wire                        sample_end = word_end && time_q == LAST_TIME[COUNT_BITS-1:0];
    genvar i;
    generate for (i = 0; i < CHUNK; i = i + 1) begin : element
        wire [COUNT_BITS-1:0] so_far = first_1q ? {COUNT_BITS{1'b0}} : counted[i*COUNT_BITS +: COUNT_BITS];
        wire [COUNT_BITS-1:0] count = so_far + {{(COUNT_BITS-1){1'b0}}, data_1q[i]};
        assign counts[i*COUNT_BITS +: COUNT_BITS] = count;
        assign inverted[i] = count > MOST[COUNT_BITS-1:0];
    end endgenerate
    snn_ram #(.WIDTH(CHUNK*COUNT_BITS), .DEPTH(WORDS), .ADDRESS_BITS(WORD_BITS)) u_counts (
        .clk(clk), .write(write_1q), .write_address(word_1q), .write_data(counts),
        .read(i_write), .read_address(word_q), .read_data(counted)
    );
    reg  [FLAG_BITS-1:0]    flag_q;                       // where the coded frame's word lies in two samples
    reg  [ADDRESS_BITS-1:0] read_q;
    reg                     reading_q;
    wire [CHUNK-1:0]        stored, flags;
    localparam [FLAG_BITS-1:0] SECOND = WORDS[FLAG_BITS-1:0];
    wire [WORD_BITS:0] place_1 = {1'b0, word_1q} + (second_1q ? WORDS[WORD_BITS:0] : {(WORD_BITS+1){1'b0}});
    wire unused_place = &{1'b0, place_1};
    snn_ram #(.WIDTH(CHUNK), .DEPTH(2*WORDS), .ADDRESS_BITS(FLAG_BITS)) u_flags (
        .clk(clk), .write(write_1q && last_1q), .write_address(place_1[FLAG_BITS-1:0]), .write_data(inverted),
        .read(reading_q), .read_address(flag_q), .read_data(flags)
    );
    snn_ram #(.WIDTH(CHUNK), .DEPTH(2*WORDS*TIMESTEPS), .ADDRESS_BITS(ADDRESS_BITS)) u_frames (
        .clk(clk), .write(i_write), .write_address(i_address), .write_data(i_data),
        .read(reading_q), .read_address(read_q), .read_data(stored)
    );

    // a complete sample goes out, frame after frame
    reg  [1:0]            samples_q;
    reg  [COUNT_BITS-1:0] frame_q;                        // the next one: 0 is the base
    reg  [WORD_BITS-1:0]  left_q;
    reg                   base_q, base_1q, valid_1q, odd_q;
    wire ends   = reading_q && left_q == {WORD_BITS{1'b0}};
    wire closes = start && frame_q == TIMESTEPS[COUNT_BITS-1:0];
    assign start = free && (!reading_q || ends) && (frame_q != {COUNT_BITS{1'b0}} || samples_q != 2'd0);
    assign read  = ends && !base_q;
    integer n;
    always @(posedge clk) begin
        write_1q <= i_write && !rst;
        if (i_write) begin
            word_q    <= word_end ? {WORD_BITS{1'b0}} : word_q + 1'b1;
            if (word_end) time_q <= sample_end ? {COUNT_BITS{1'b0}} : time_q + 1'b1;
            if (sample_end) second_q <= !second_q;
            word_1q   <= word_q;
            data_1q   <= i_data;
            first_1q  <= time_q == {COUNT_BITS{1'b0}};
            last_1q   <= time_q == LAST_TIME[COUNT_BITS-1:0];
            second_1q <= second_q;
        end
        samples_q <= samples_q + {1'b0, i_write && sample_end} - {1'b0, closes};
        if (start) begin
            reading_q <= 1'b1;
            base_q    <= frame_q == {COUNT_BITS{1'b0}};
            frame_q   <= closes ? {COUNT_BITS{1'b0}} : frame_q + 1'b1;
            left_q    <= LAST[WORD_BITS-1:0];
            flag_q    <= odd_q ? SECOND : {FLAG_BITS{1'b0}};
            if (closes) odd_q <= !odd_q;
        end else begin
            if (ends) reading_q <= 1'b0;
            left_q <= left_q - 1'b1;
            flag_q <= flag_q + 1'b1;
        end
        if (reading_q && !base_q) read_q <= read_q == ALL[ADDRESS_BITS-1:0] ? {ADDRESS_BITS{1'b0}} : read_q + 1'b1;
        {base_1q, valid_1q} <= {base_q, reading_q && !rst};
        if (valid_1q)
            for (n = 0; n < CHUNK; n = n + 1) begin
                o_data[2*n]   <= flags[n] ^ (stored[n] && !base_1q);
                o_data[2*n+1] <= flags[n] && !base_1q;
            end
        o_valid <= valid_1q && !rst;
        o_first <= base_1q;
        if (rst) begin
            word_q    <= {WORD_BITS{1'b0}};
            time_q    <= {COUNT_BITS{1'b0}};
            second_q  <= 1'b0;
            samples_q <= 2'd0;
            reading_q <= 1'b0;
            frame_q   <= {COUNT_BITS{1'b0}};
            odd_q     <= 1'b0;
            read_q    <= {ADDRESS_BITS{1'b0}};
        end
    end
endmodule
`default_nettype wire
