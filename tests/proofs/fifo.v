// snn_fifo: a writer that counts its 16 places and a reader that takes only what is there see every entry once, in its
// order. Closed by induction: the places of the oldest and the newest entry, and of the watched one, are what they must be.
`default_nettype none
module proof (
    input wire clk,
    input wire rst,
    input wire push,
    input wire push_data,      // entries are not looked at, so one bit stands for any
    input wire pop,
    input wire choose          // watch this entry
);
    wire       valid, data;
    snn_fifo #(.WIDTH(1)) dut (
        .clk(clk), .rst(rst), .push(push), .push_data(push_data), .valid(valid), .data(data), .pop(pop)
    );
    // registers of the module, connected by the test
    wire [3:0]  inner_head, inner_tail;
    wire [15:0] inner_memory;

    reg        begun = 1'b0, watched = 1'b0, kept = 1'b0, waited = 1'b0;
    reg  [4:0] held = 5'd0;    // entries
    reg  [4:0] ahead = 5'd0;   // of the watched one
    wire [4:0] stored = held - {4'd0, valid};
    wire [3:0] place = inner_tail + ahead[3:0] - {3'd0, valid};
    wire       watch = push && choose && !watched;
    always @(posedge clk) begin
        begun  <= 1'b1;
        held   <= held + {4'd0, push} - {4'd0, pop};
        waited <= held != {4'd0, pop};
        if (watch) kept <= push_data;
        if (watch) ahead <= held - {4'd0, pop};
        else if (pop) ahead <= ahead - 1'b1;
        watched <= watch || (watched && !(pop && ahead == 5'd0));
        if (rst) begin
            held    <= 5'd0;
            waited  <= 1'b0;
            watched <= 1'b0;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        assume (rst || !push || held < 5'd16);
        assume (rst || !pop || valid);
        if (begun) begin
            assert (held <= 5'd16 && (held != 5'd0 || !valid));
            assert (valid || !waited);
            assert ({1'b0, inner_head - inner_tail} == stored);
            if (watched && valid && ahead == 5'd0) assert (data == kept);
            if (watched && !(valid && ahead == 5'd0)) assert (inner_memory[place] == kept);
            if (watched) assert (ahead < held);
        end
    end
endmodule
`default_nettype wire
