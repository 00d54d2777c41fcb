// snn_queue: a writer that looks at `free` and a reader that looks at `valid` see every word once, in its order; `level`
// and `room` are what it holds and what still fits.
`default_nettype none
module proof (
    input wire clk,
    input wire rst,
    input wire push,
    input wire push_data,      // words are not looked at, so one bit stands for any
    input wire pop,
    input wire choose          // watch this word
);
    wire        free, valid, data;
    wire [15:0] room, level;
    snn_queue #(.WIDTH(1), .ADDRESS_BITS(2)) dut (
        .clk(clk), .rst(rst), .push(push), .push_data(push_data), .free(free), .room(room), .level(level),
        .valid(valid), .data(data), .pop(pop)
    );
    reg        begun = 1'b0, watched = 1'b0, kept = 1'b0, waited = 1'b0;
    reg  [3:0] held = 4'd0;    // words
    reg  [3:0] ahead = 4'd0;   // of the watched one
    wire       watch = push && choose && !watched;
    always @(posedge clk) begin
        begun  <= 1'b1;
        held   <= held + {3'd0, push} - {3'd0, pop};
        waited <= !rst && held != 4'd0 && !pop;
        if (watch) kept <= push_data;
        if (watch) ahead <= held - {3'd0, pop};
        else if (pop) ahead <= ahead - 1'b1;
        watched <= watch || (watched && !(pop && ahead == 4'd0));
        if (rst) begin
            held    <= 4'd0;
            watched <= 1'b0;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        assume (rst || !push || free);
        assume (rst || !pop || valid);
        if (begun) begin
            assert (held <= 4'd5);                       // four, and the visible one
            assert (level == {12'd0, held});
            assert (free == (room != 16'd0) && room <= 16'd4 && room + level >= 16'd4);
            assert (!valid || held != 4'd0);
            if (waited && held != 4'd0) assert (valid);  // a word is hidden for a clock at most
            if (watched && valid && ahead == 4'd0) assert (data == kept);
        end
    end
endmodule
`default_nettype wire
