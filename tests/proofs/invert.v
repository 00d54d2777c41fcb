// snn_invert: a complete sample goes out once, as the frame of its base and one frame for each timestep, from which its
// spikes are found again; its frames are given back once they have been read; the reader's frames are reserved only while
// there is room, and at once. The writer keeps to two samples.
`default_nettype none
module proof (
    input wire clk,
    input wire rst,
    input wire i_write,
    input wire i_data,
    input wire free
);
    // two words of one element, two timesteps: an element is inverted that spikes in both
    wire       read, start, o_valid, o_first;
    wire [1:0] o_data;
    reg  [2:0] next = 3'd0;            // {sample, timestep, word} that is written
    snn_invert #(.CHUNK(1), .WORDS(2), .TIMESTEPS(2), .ADDRESS_BITS(3)) dut (
        .clk(clk), .rst(rst), .i_write(i_write), .i_address(next), .i_data(i_data), .read(read), .start(start), .free(free),
        .o_valid(o_valid), .o_data(o_data), .o_first(o_first)
    );
    reg        begun = 1'b0, sample = 1'b0, word = 1'b0;
    reg  [1:0] frame = 2'd0;           // that goes out: 0 is the base
    reg  [7:0] shadow = 8'd0;
    reg  [3:0] both = 4'd0;            // {sample, word}: a spike in both timesteps
    reg  [3:0] held = 4'd0;            // words that are not given back
    reg  [2:0] owed = 3'd0;            // frames of complete samples that were not started
    reg  [2:0] due = 3'd0;             // words that were announced by `start` and have not gone out
    reg  [2:0] started = 3'd7;         // clocks since the last start
    wire       inverted = both[{sample, word}];
    wire       spike = shadow[{sample, frame[1], word}];
    always @(posedge clk) begin
        begun <= 1'b1;
        held  <= held + {3'd0, i_write} - (read ? 4'd2 : 4'd0);
        due   <= due + (start ? 3'd2 : 3'd0) - {2'd0, o_valid};
        owed  <= owed + (i_write && next[1:0] == 2'd3 ? 3'd3 : 3'd0) - {2'd0, start};
        started <= start ? 3'd1 : started == 3'd7 ? 3'd7 : started + 1'b1;
        if (i_write) begin
            shadow[next] <= i_data;
            if (next[1]) both[{next[2], next[0]}] <= i_data && shadow[{next[2], 1'b0, next[0]}];
            next         <= next + 1'b1;
        end
        if (o_valid) begin
            word <= !word;
            if (word) frame <= frame == 2'd2 ? 2'd0 : frame + 1'b1;
            if (word && frame == 2'd2) sample <= !sample;
        end
        if (rst) begin
            {next, sample, word, frame} <= 7'd0;
            {held, owed, due} <= 10'd0;
            started <= 3'd7;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        assume (!(rst && i_write));
        assume (!i_write || held < 4'd8);
        if (begun && !rst) begin
            if (start) assert (free && owed != 3'd0);
            if (free && owed != 3'd0 && started >= 3'd2) assert (start);
            if (o_valid) assert (due != 3'd0 && o_first == (frame == 2'd0));
            if (o_valid) assert (o_data == (frame == 2'd0 ? {1'b0, inverted} : {inverted, inverted ^ spike}));
            if (read) assert (held >= 4'd2);
            if (started >= 3'd6) assert (due == 3'd0);   // nothing is missing
        end
    end
endmodule
`default_nettype wire
