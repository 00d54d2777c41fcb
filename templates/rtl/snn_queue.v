// First in, first out, in a block RAM: the oldest word visible. It gives the words it holds and those it has room for.
`default_nettype none
module snn_queue #(
    parameter WIDTH        = 8,
    parameter ADDRESS_BITS = 9     // 2^ADDRESS_BITS words, and the visible one; 14 at most
) (
    input  wire             clk,
    input  wire             rst,       // synchronous, active high
    input  wire             push,      // only while there is room
    input  wire [WIDTH-1:0] push_data,
    output wire             free,      // there is room
    output wire [15:0]      room,      // words there is room for, at least
    output wire [15:0]      level,     // words it holds
    output wire             valid,
    output wire [WIDTH-1:0] data,
    input  wire             pop        // only while `valid`
);
    localparam [ADDRESS_BITS:0] DEPTH = {1'b1, {ADDRESS_BITS{1'b0}}};

    reg  [ADDRESS_BITS-1:0] head_q, tail_q;
    reg                     valid_q;                  // the visible word
    reg  [ADDRESS_BITS:0]   stored_q;                 // behind it
    wire [ADDRESS_BITS:0]   stored = stored_q;
    wire [ADDRESS_BITS:0]   left   = DEPTH - stored;
    wire                    fetch  = stored != {(ADDRESS_BITS+1){1'b0}} && (!valid_q || pop);

    snn_ram #(.WIDTH(WIDTH), .DEPTH(1 << ADDRESS_BITS), .ADDRESS_BITS(ADDRESS_BITS)) u_ram (
        .clk(clk), .write(push), .write_address(head_q), .write_data(push_data),
        .read(fetch), .read_address(tail_q), .read_data(data)
    );
    assign free  = !stored[ADDRESS_BITS];
    assign room  = {{(15-ADDRESS_BITS){1'b0}}, left};
    assign level = {{(15-ADDRESS_BITS){1'b0}}, stored} + {15'd0, valid_q};
    assign valid = valid_q;
    always @(posedge clk) begin
        if (push) head_q <= head_q + 1'b1;
        if (fetch) tail_q <= tail_q + 1'b1;
        if (push != fetch) stored_q <= push ? stored_q + 1'b1 : stored_q - 1'b1;
        if (fetch) valid_q <= 1'b1;
        else if (pop) valid_q <= 1'b0;
        if (rst) begin
            head_q   <= {ADDRESS_BITS{1'b0}};
            tail_q   <= {ADDRESS_BITS{1'b0}};
            stored_q <= {(ADDRESS_BITS+1){1'b0}};
            valid_q  <= 1'b0;
        end
    end
endmodule
`default_nettype wire
