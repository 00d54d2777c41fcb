// snn_collect: an event that is taken is in the frame that is copied next, and in no other; a bit without an event is not
// set; the frame is reserved only while there is room, and is told of once, after its last word.
`default_nettype none
module proof (
    input wire clk,
    input wire rst,
    input wire s_y, s_c, s_keep, s_last, s_first, s_valid,
    input wire free
);
    // two rows of one column of two channels, a word each
    wire       s_ready, start, write, written, written_first;
    wire [1:0] write_address, write_data;
    snn_collect #(
        .CHUNK(2), .CHUNKS(1), .BANKS(1), .ROW(1), .ROWS(2), .ADDRESS_BITS(2), .Y_BITS(1), .X_BITS(1), .C_BITS(1)
    ) dut (
        .clk(clk), .rst(rst), .s_y(s_y), .s_x(1'b0), .s_c(s_c), .s_keep(s_keep), .s_last(s_last), .s_first(s_first),
        .s_valid(s_valid), .s_ready(s_ready), .start(start), .free(free), .write(write), .write_address(write_address),
        .write_data(write_data), .written(written), .written_first(written_first)
    );
    (* anyconst *) wire y, c;          // any element
    reg        begun = 1'b0, half = 1'b0;
    // the frame that is copied, or else filled; and the one that is filled while the last words of that are written
    reg        set = 1'b0, closed = 1'b0, first = 1'b0, next_set = 1'b0, next_closed = 1'b0, next_first = 1'b0;
    reg  [1:0] copying = 2'd0;         // words that are still to be written
    reg  [1:0] settled = 2'd0;         // the last word of a frame that a reset cut off may be written behind it
    wire       take = s_valid && s_ready;
    wire       mine = take && s_keep && s_y == y && s_c == c;
    always @(posedge clk) begin
        begun <= 1'b1;
        if (closed) begin
            next_set    <= next_set || mine;
            next_closed <= next_closed || (take && s_last);
            if (take && s_last) next_first <= s_first;
        end else begin
            set    <= set || mine;
            closed <= take && s_last;
            if (take && s_last) first <= s_first;
        end
        if (written) begin
            set    <= next_set || mine;
            closed <= next_closed || (take && s_last);
            first  <= take && s_last ? s_first : next_first;
        end
        if (written || rst) begin
            next_set    <= 1'b0;
            next_closed <= 1'b0;
        end
        if (rst) begin
            set    <= 1'b0;
            closed <= 1'b0;
        end
        copying <= rst ? 2'd0 : start ? 2'd2 : copying - {1'b0, write && settled == 2'd3};
        half    <= !rst && (half ^ written);
        settled <= {settled[0], !rst};
    end
    always @* begin
        if (!begun) assume (rst);
        if (begun && !rst) begin
            if (take) assert (!next_closed);             // a third frame waits
            if (start) assert (free && closed && copying == 2'd0);
            if (write && settled == 2'd3) assert (copying != 2'd0 && write_address == {half, copying == 2'd1});
            if (write && settled == 2'd3 && write_address[0] == y) assert (write_data[c] == set);
            if (written) assert (closed && copying == 2'd1 && write && written_first == first);
        end
    end
endmodule
`default_nettype wire
