// Window reader: some frames of packed elements, and a walk over the full one that gives a row of the window per clock.
// Column x lies in bank x mod BANKS, so a row of BANKS columns is one read, rotated; the weights' address undoes the
// rotation (snn_encode). What lies in the padding is never written and stays zero.
// Behind the chunks of the frame stand OWN chunks of the layer's own spikes of the timestep before, which its own writer
// gives; they are read when they are complete, and as silence in the first timestep of a sample. The frame may hold
// nothing else.
// Elements of several bits are read digit plane by digit plane, the most significant first.
// Where SIGNED is 1, what is read are changes (snn_delta, snn_invert), and each has a sign in the upper half of its word.
// Clocks: one per chunk, FIRST_OUT = 8 from the step of the walk to o_valid; 16 chunks wait for the encoder.
`default_nettype none
module snn_window #(
    parameter SLOTS        = 1,    // rows of weights that the encoder gives per clock (snn_pick)
    parameter PLANES       = 1,    // bits of an element
    parameter DIGITS       = 0,    // of an element, each -2 to 2 of two bits (Booth), and of two's complement where none is
                                   // beyond its bits; 0: each bit is a digit
    parameter SIGNED       = 0,    // 1: an element has a sign; only of one plane and without own spikes
    parameter BASED        = 0,    // 1: a sample's first frame gives a base (snn_invert), for which there is always room
    parameter LANE_GROUPS  = 1,
    parameter HEIGHT       = 4,    // the parameters of snn_walk
    parameter WIDTH        = 4,
    parameter POOL_Y       = 1,
    parameter POOL_X       = 1,
    parameter KEEP_Y       = 4,
    parameter KEEP_X       = 4,
    parameter KERNEL_Y     = 3,
    parameter BY_CHANNEL   = 0,
    parameter BANKS        = 3,
    parameter CHUNK        = 8,
    parameter CHUNKS       = 1,
    parameter ROW          = 2,
    parameter STRIDE_Y     = 1,
    parameter STRIDE_X     = 1,
    parameter FRAME        = 8,
    parameter FRAMES       = 2,    // more only without own spikes
    parameter START        = 0,
    parameter FIRST_BANK   = 0,
    parameter OPENS        = 1,
    parameter CLOSES       = 1,
    parameter RESERVES     = 1,    // 0: another engine reserves the output
    parameter ADDRESS_BITS = 4,
    parameter OFFSET_BITS  = 5,
    parameter ROW_BITS     = 7,
    parameter COUNT_BITS   = 5,    // of 0 .. BANKS * CHUNK, 2 or more
    parameter OWN          = 0,    // words of own spikes in a frame; only of one position and one bank
    parameter OWN_BITS     = 1,    // of an address of two frames of them
    parameter BY_COLUMN    = 0,    // of snn_walk
    parameter OWN_WORDS    = 0
) (
    input  wire                          clk,
    input  wire                          rst,             // synchronous, active high
    input  wire [BANKS-1:0]              write,
    input  wire [ADDRESS_BITS-1:0]       write_address,
    input  wire [BANKS*(PLANES+SIGNED)*CHUNK-1:0] write_data,
    input  wire                          own_write,
    input  wire [OWN_BITS-1:0]           own_write_address,
    input  wire [CHUNK-1:0]              own_write_data,
    input  wire                          own_written,     // a frame of own spikes is complete
    input  wire                          full,            // from the link: a frame can be read
    input  wire                          first,           // it belongs to the first timestep
    output wire                          read,            // it has been read
    output wire                          o_valid,
    output wire [BANKS*CHUNK-1:0]        o_bits,
    output wire [BANKS*CHUNK-1:0]        o_signs,         // 1: is subtracted
    output wire [BANKS*CHUNK-1:0]        o_twice,         // 1: counts twice
    output wire [COUNT_BITS-1:0]         o_count,         // clocks that its ones take
    output wire [OFFSET_BITS-1:0]        o_rotation,
    output wire [ROW_BITS-1:0]           o_row,
    output wire [3:0]                    o_flags,         // start, done, shift, load
    output wire [3:0]                    o_tag,
    input  wire                          o_pop
);
    localparam ALL        = BANKS * CHUNK;
    localparam WORD       = (PLANES + SIGNED) * CHUNK;
    localparam STEPS      = DIGITS > 0 ? DIGITS : PLANES;
    localparam PLANE_BITS = STEPS > 1 ? $clog2(STEPS) : 1;
    localparam PARTS      = SLOTS > 2 ? SLOTS / 2 : 1;    // of which each gives EACH ones per clock
    localparam EACH       = SLOTS / PARTS;
    localparam BYTES      = (ALL + 8 * PARTS - 1) / (8 * PARTS);    // of a part
    localparam REST_BITS  = OFFSET_BITS + ROW_BITS + 8;   // what travels beside the bits

    reg  [4:0]              room_q;
    wire                    own_ready;                    // what stands at the address has been written
    wire                    step = full && own_ready && room_q != 5'd0;
    wire [ADDRESS_BITS-1:0] address;
    wire [BANKS-1:0]        first_bank;
    wire [OFFSET_BITS-1:0]  rotation = bits_before(first_bank);
    function [OFFSET_BITS-1:0] bits_before(input [BANKS-1:0] one);
        integer at;
        reg [OFFSET_BITS-1:0] bits;
        begin
            bits_before = {OFFSET_BITS{1'b0}};
            bits        = {OFFSET_BITS{1'b0}};
            for (at = 0; at < BANKS; at = at + 1) begin
                if (one[at]) bits_before = bits_before | bits;
                bits = bits + CHUNK[OFFSET_BITS-1:0];
            end
        end
    endfunction
    wire [PLANE_BITS-1:0]   plane;
    wire [ROW_BITS-1:0]     row;
    wire                    load, shift, done, start, finished;
    wire [2:0]              tag;
    snn_walk #(
        .PLANES(STEPS), .LANE_GROUPS(LANE_GROUPS), .HEIGHT(HEIGHT), .WIDTH(WIDTH),
        .POOL_Y(POOL_Y), .POOL_X(POOL_X), .KEEP_Y(KEEP_Y), .KEEP_X(KEEP_X), .KERNEL_Y(KERNEL_Y),
        .BY_CHANNEL(BY_CHANNEL), .BANKS(BANKS), .CHUNK(CHUNK), .CHUNKS(CHUNKS), .ROW(ROW), .STRIDE_Y(STRIDE_Y), .STRIDE_X(STRIDE_X), .FRAME(FRAME), .FRAMES(FRAMES), .START(START), .FIRST_BANK(FIRST_BANK),
        .OPENS(OPENS), .CLOSES(CLOSES),
        .ADDRESS_BITS(ADDRESS_BITS), .ROW_BITS(ROW_BITS), .PLANE_BITS(PLANE_BITS), .BY_COLUMN(BY_COLUMN), .OWN_WORDS(OWN_WORDS)
    ) u_walk (
        .clk(clk), .rst(rst), .step(step), .address(address), .bank(first_bank), .plane(plane), .row(row),
        .load(load), .shift(shift), .done(done), .start(start), .tag(tag), .finished(finished)
    );
    assign read = step && finished;
    wire reserves = RESERVES != 0 && start && !(BASED != 0 && first);

    // 1: an address for each bank, 2: the memory, 3: its output register, 4: the plane, 5 and 6: count of ones
    reg  [5:0]               valids_q;
    reg  [REST_BITS-1:0]     rest_1q, rest_2q, rest_3q, rest_4q, rest_5q, rest_6q;
    reg  [PLANE_BITS-1:0]    plane_1q, plane_2q, plane_3q;
    wire [ALL-1:0]           bits_4, signs_4, twice_4;
    reg  [ALL-1:0]           bits_5q, bits_6q, signs_5q, signs_6q, twice_5q, twice_6q;
    wire [ADDRESS_BITS-1:0]  further = address + CHUNKS[ADDRESS_BITS-1:0];
    wire moves = step || valids_q != 6'd0;
    wire [CHUNK-1:0]        own_3;                        // joins the memory's output register
    genvar b, p;
    generate if (OWN > 0) begin : own
        localparam OTHERS = FRAME - OWN;
        localparam SECOND = FRAME + OTHERS;
        wire second = address >= FRAME[ADDRESS_BITS-1:0];
        wire mine = OTHERS == 0 || address >= (second ? SECOND[ADDRESS_BITS-1:0] : OTHERS[ADDRESS_BITS-1:0]);
        // the frame before lies in the other half
        wire [ADDRESS_BITS-1:0] from = second ? address - SECOND[ADDRESS_BITS-1:0]
                                              : address - OTHERS[ADDRESS_BITS-1:0] + OWN[ADDRESS_BITS-1:0];
        wire unused_from = &{1'b0, from};
        reg                     full_q;
        reg  [OWN_BITS-1:0]     from_1q;
        reg                     shows_1q, shows_2q, shows_3q;
        wire [CHUNK-1:0]        word_2;
        reg  [CHUNK-1:0]        word_3q;
        snn_ram #(.WIDTH(CHUNK), .DEPTH(2*OWN), .ADDRESS_BITS(OWN_BITS), .ZERO(1)) u_ram (
            .clk(clk), .write(own_write), .write_address(own_write_address), .write_data(own_write_data),
            .read(valids_q[0]), .read_address(from_1q), .read_data(word_2)
        );
        always @(posedge clk) begin
            if (moves) begin
                from_1q  <= from[OWN_BITS-1:0];
                shows_1q <= mine && !first && plane == {PLANE_BITS{1'b0}};
                shows_2q <= shows_1q;
                shows_3q <= shows_2q;
                word_3q  <= word_2;
            end
            // before the first timestep of all there is nothing to wait for
            full_q <= rst || own_written || (full_q && !read);
        end
        assign own_ready = full_q || !mine;
        assign own_3     = shows_3q ? word_3q : {CHUNK{1'b0}};
    end else begin : no_own
        wire unused_own = &{1'b0, own_write, own_write_address, own_write_data, own_written};
        assign own_ready = 1'b1;
        assign own_3     = {CHUNK{1'b0}};
    end endgenerate
    generate for (b = 0; b < BANKS; b = b + 1) begin : bank
        localparam COLUMN = b * CHUNK;
        reg  [ADDRESS_BITS-1:0] address_1q;
        wire [WORD-1:0]         word_2;
        reg  [WORD-1:0]         word_3q;
        reg  [CHUNK-1:0]        chunk_4q;
        wire [CHUNK-1:0]        chunk_3;
        if (FRAME > OWN) begin : frames
            snn_ram #(.WIDTH(WORD), .DEPTH(FRAMES*FRAME), .ADDRESS_BITS(ADDRESS_BITS), .ZERO(1)) u_ram (
                .clk(clk), .write(write[b]), .write_address(write_address), .write_data(write_data[b*WORD +: WORD]),
                .read(valids_q[0]), .read_address(address_1q), .read_data(word_2)
            );
        end else begin : own_alone
            wire unused_write = &{1'b0, write[b], write_address, write_data[b*WORD +: WORD], address_1q};
            assign word_2 = {WORD{1'b0}};
        end
        wire                    turned;    // the last bank never holds a column of the next word
        if (b < BANKS - 1) begin : turning
            assign turned = |first_bank[BANKS-1:b+1];
        end else begin : still
            assign turned = 1'b0;
        end
        always @(posedge clk)
            if (moves) begin
                address_1q <= turned ? further : address;
                word_3q    <= word_2;
                chunk_4q   <= chunk_3 | own_3;
            end
        assign bits_4[COLUMN +: CHUNK] = chunk_4q;
        if (DIGITS > 0) begin : digits
            // a digit is -2 of its upper bit, 1 of its lower one, and 1 of the bit below it
            wire [CHUNK-1:0] upper [0:DIGITS-1];
            wire [CHUNK-1:0] lower [0:DIGITS-1];
            wire [CHUNK-1:0] below [0:DIGITS-1];
            for (p = 0; p < DIGITS; p = p + 1) begin : digit
                if (2 * p + 1 < PLANES) begin : upper_stored
                    assign upper[p] = word_3q[(2*p+1)*CHUNK +: CHUNK];
                end else begin : upper_extended
                    assign upper[p] = {CHUNK{1'b0}};
                end
                if (2 * p < PLANES) begin : lower_stored
                    assign lower[p] = word_3q[2*p*CHUNK +: CHUNK];
                end else begin : lower_extended
                    assign lower[p] = {CHUNK{1'b0}};
                end
                if (p > 0) begin : further_
                    assign below[p] = word_3q[(2*p-1)*CHUNK +: CHUNK];
                end else begin : lowest
                    assign below[p] = {CHUNK{1'b0}};
                end
            end
            wire [CHUNK-1:0] steps_3 = upper[plane_3q] ^ lower[plane_3q];
            wire [CHUNK-1:0] rises_3 = lower[plane_3q] ^ below[plane_3q];
            reg  [CHUNK-1:0] sign_4q, twice_4q;
            always @(posedge clk)
                if (moves) begin
                    sign_4q  <= upper[plane_3q];
                    twice_4q <= steps_3 & ~rises_3;
                end
            assign chunk_3 = steps_3 | rises_3;
            assign signs_4[COLUMN +: CHUNK] = sign_4q;
            assign twice_4[COLUMN +: CHUNK] = twice_4q;
        end else begin : bits
            wire [CHUNK-1:0] planes [0:PLANES-1];
            for (p = 0; p < PLANES; p = p + 1) begin : plane_
                assign planes[p] = word_3q[p*CHUNK +: CHUNK];
            end
            assign chunk_3 = planes[plane_3q];
            assign twice_4[COLUMN +: CHUNK] = {CHUNK{1'b0}};
            if (SIGNED != 0) begin : signed_
                reg [CHUNK-1:0] sign_4q;
                always @(posedge clk) if (moves) sign_4q <= word_3q[CHUNK +: CHUNK];
                assign signs_4[COLUMN +: CHUNK] = sign_4q;
            end else begin : unsigned_
                assign signs_4[COLUMN +: CHUNK] = {CHUNK{1'b0}};
            end
        end
    end endgenerate

    wire [PARTS*8*BYTES-1:0] parts_4;
    genvar k;
    generate for (k = 0; k < PARTS * 8 * BYTES; k = k + 1) begin : place
        localparam PART = k % PARTS * 8 * BYTES + k / PARTS;
        if (k < ALL) begin : filled
            assign parts_4[PART] = bits_4[k];
        end else begin : empty
            assign parts_4[PART] = 1'b0;
        end
    end endgenerate
    reg  [PARTS*4*BYTES-1:0] ones_5q;
    reg  [COUNT_BITS-1:0]    count_6q;
    function [3:0] ones(input [7:0] bits);
        ones = {3'd0, bits[0]} + {3'd0, bits[1]} + {3'd0, bits[2]} + {3'd0, bits[3]}
             + {3'd0, bits[4]} + {3'd0, bits[5]} + {3'd0, bits[6]} + {3'd0, bits[7]};
    endfunction
    // the part that takes longest
    function [COUNT_BITS+3:0] clocks(input [PARTS*4*BYTES-1:0] counts);
        integer part, n;
        reg [COUNT_BITS+3:0] total;
        begin
            clocks = {(COUNT_BITS+4){1'b0}};
            for (part = 0; part < PARTS; part = part + 1) begin
                total = {(COUNT_BITS+4){1'b0}};
                for (n = 0; n < BYTES; n = n + 1) total = total + {{COUNT_BITS{1'b0}}, counts[4*(part*BYTES+n) +: 4]};
                if (EACH > 1) total = (total + 1'b1) >> 1;
                if (part == 0 || total > clocks) clocks = total;    // one part is not compared with nothing
            end
        end
    endfunction
    wire [COUNT_BITS+3:0] count_5 = clocks(ones_5q);
    wire unused_count = &{1'b0, count_5[COUNT_BITS+3:COUNT_BITS]};
    integer n;
    always @(posedge clk) begin
        if (moves) begin
            {plane_1q, rest_1q} <= {plane, rotation, row, reserves, done, shift, load, tag, first};
            {plane_2q, rest_2q} <= {plane_1q, rest_1q};
            {plane_3q, rest_3q} <= {plane_2q, rest_2q};
            rest_4q             <= rest_3q;
            {twice_6q, signs_6q, bits_6q, rest_6q, count_6q} <= {twice_5q, signs_5q, bits_5q, rest_5q, count_5[COUNT_BITS-1:0]};
        end
        if (valids_q[3]) begin
            {twice_5q, signs_5q, bits_5q, rest_5q} <= {twice_4, signs_4, bits_4, rest_4q};
            for (n = 0; n < PARTS * BYTES; n = n + 1) ones_5q[4*n +: 4] <= ones(parts_4[8*n +: 8]);
        end
        valids_q <= rst ? 6'd0 : {valids_q[4:0], step};
        room_q   <= rst ? 5'd16 : room_q + {4'd0, o_pop} - {4'd0, step};
    end

    // only what is not always zero waits
    localparam KINDS = DIGITS > 0 ? 3 : SIGNED != 0 ? 2 : 1;
    wire [KINDS*ALL-1:0] kinds_6, kinds;
    generate if (KINDS == 1) begin : without_signs
        wire unused_signs = &{1'b0, signs_6q, twice_6q};
        assign kinds_6 = bits_6q;
        assign o_signs = {ALL{1'b0}};
    end else begin : with_signs
        assign o_signs = kinds[ALL +: ALL];
    end
    if (KINDS == 2) begin : signs_only
        wire unused_twice = &{1'b0, twice_6q};
        assign kinds_6 = {signs_6q, bits_6q};
    end
    if (KINDS == 3) begin : with_digits
        assign kinds_6 = {twice_6q, signs_6q, bits_6q};
        assign o_twice = kinds[2*ALL +: ALL];
    end else begin : without_digits
        assign o_twice = {ALL{1'b0}};
    end endgenerate
    assign o_bits = kinds[0 +: ALL];
    snn_fifo #(.WIDTH(REST_BITS + COUNT_BITS + KINDS * ALL)) u_fifo (
        .clk(clk), .rst(rst), .push(valids_q[5]), .push_data({rest_6q, count_6q, kinds_6}),
        .valid(o_valid), .data({o_rotation, o_row, o_flags, o_tag, o_count, kinds}), .pop(o_pop)
    );
endmodule
`default_nettype wire
