// snn_readout: each sample gives each of its scores once, in their order and two clocks behind the last timestep's elements,
// and then one class, which stays until the next: the highest score's, the lowest of equal ones. It never waits, and has no one
// to wait for.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire       i_valid,
    input wire [1:0] i_value
);
    // three elements, as there must be where a timestep is as short as that, and two timesteps
    wire       score_valid, class_valid;
    wire [1:0] class_index;
    wire [2:0] score;
    reg        later = 1'b0;
    reg  [1:0] element = 2'd0;
    snn_readout #(.ELEMENTS(3), .VALUE_BITS(2), .SCORE_BITS(3), .TIMESTEPS(2), .REDUCE(0), .INDEX_BITS(2)) dut (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_value(i_value), .i_first(!later), .score_valid(score_valid),
        .score(score), .class_valid(class_valid), .class_index(class_index)
    );
    reg        begun = 1'b0, told = 1'b0;
    reg  [1:0] index = 2'd0;                // the class before
    reg  [2:0] sum_0 = 3'd0, sum_1 = 3'd0, sum_2 = 3'd0;
    reg  [1:0] due = 2'd0;                  // a score is due in two clocks, in one
    reg  [2:0] score_1 = 3'd0, score_2 = 3'd0;
    reg  [2:0] last = 3'd0;                 // ... and the class a clock later
    reg  [1:0] class_1 = 2'd0, class_2 = 2'd0, class_3 = 2'd0;
    wire [2:0] value = {i_value[1], i_value};
    wire [2:0] sum = (!later ? 3'd0 : element == 2'd0 ? sum_0 : element == 2'd1 ? sum_1 : sum_2) + value;
    wire       second = $signed(sum_1) > $signed(sum_0);
    wire       third = $signed(sum) > $signed(second ? sum_1 : sum_0);
    always @(posedge clk) begin
        begun <= 1'b1;
        told  <= !rst && (told || class_valid);
        index <= class_index;
        due   <= rst ? 2'd0 : {due[0], i_valid && later};
        last  <= rst ? 3'd0 : {last[1:0], i_valid && later && element == 2'd2};
        {score_1, score_2} <= {sum, score_1};
        {class_1, class_2, class_3} <= {third ? 2'd2 : {1'b0, second}, class_1, class_2};
        if (i_valid) begin
            if (element == 2'd0) sum_0 <= sum;
            if (element == 2'd1) sum_1 <= sum;
            if (element == 2'd2) sum_2 <= sum;
            element <= element == 2'd2 ? 2'd0 : element + 1'b1;
            later   <= later ^ (element == 2'd2);
        end
        if (rst) begin
            element <= 2'd0;
            later   <= 1'b0;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        if (begun) begin
            assert (score_valid == due[1]);
            if (score_valid) assert (score == score_2);
            assert (class_valid == last[2]);
            if (class_valid) assert (class_index == class_3);
            if (told && !class_valid) assert (class_index == index);
        end
    end
endmodule
`default_nettype wire
