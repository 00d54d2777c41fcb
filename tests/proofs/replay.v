// snn_replay: a sample that is complete goes out once for each timestep, all of its words and in their order, and is given
// back once; the output is reserved only while there is room. The writer keeps to two samples.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire       i_valid,
    input wire       i_data,       // words are not looked at, so one bit stands for any
    input wire       free
);
    localparam WORDS = 2, PERIOD = 3, TIMESTEPS = 2;
    wire       written, read, start, o_valid, o_data;
    wire [3:0] o_tag;
    reg  [1:0] complete = 2'd0;
    wire       full = complete != 2'd0;
    snn_replay #(.WIDTH(1), .WORDS(WORDS), .PERIOD(PERIOD), .TIMESTEPS(TIMESTEPS)) dut (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_data(i_data), .i_tag(3'b111), .written(written), .full(full),
        .read(read), .start(start), .free(free), .o_valid(o_valid), .o_data(o_data), .o_tag(o_tag)
    );
    reg        begun = 1'b0;
    reg  [1:0] next = 2'd0;            // word that is written, of two samples
    reg  [1:0] out = 2'd0;             // word that goes out, of two samples
    reg        later = 1'b0;           // in the second timestep
    reg  [2:0] held = 3'd0;            // words of samples that are not given back
    reg  [2:0] due = 3'd0;             // words that were announced by `start` and have not gone out
    reg  [3:0] shadow = 4'd0;
    reg        walked = 1'b0;          // timesteps that were started, modulo two
    reg  [3:0] started = 4'd15;        // clocks since the last start
    always @(posedge clk) begin
        begun    <= 1'b1;
        complete <= complete + {1'b0, written} - {1'b0, read};
        held     <= held + {2'd0, i_valid} - (read ? 3'd2 : 3'd0);
        due      <= due + (start ? 3'd2 : 3'd0) - {2'd0, o_valid};
        if (i_valid) begin
            shadow[next] <= i_data;
            next         <= next + 1'b1;
        end
        if (start) walked <= !walked;
        started <= start ? 4'd1 : started == 4'd15 ? 4'd15 : started + 1'b1;
        if (o_valid) begin
            out   <= out[0] && !later ? out - 1'b1 : out + 1'b1;
            later <= later ^ out[0];
        end
        if (rst) begin
            complete <= 2'd0;
            held     <= 3'd0;
            due      <= 3'd0;
            next     <= 2'd0;
            out      <= 2'd0;
            later    <= 1'b0;
            walked   <= 1'b0;
            started  <= 4'd15;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        assume (rst || !i_valid || held < 3'd4);
        if (begun && !rst) begin
            if (start) assert (free && full && started >= PERIOD);
            if (o_valid) assert (due != 3'd0 && o_data == shadow[out] && o_tag == {3'b111, !later});
            if (read) assert (full && !walked);          // after the last timestep
            assert (due <= 3'd4);
            if (started >= 4'd5) assert (due == 3'd0);   // nothing is missing
        end
    end
endmodule
`default_nettype wire
