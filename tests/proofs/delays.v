// Stages that never wait and have no one to wait for: what goes in comes out once, so many clocks later, and a reset empties
// them. snn_finish 2, snn_filter 5, snn_synaptic 6, snn_neuron 8, snn_delta 1; snn_join 2; snn_pool a clock after the last position of a
// window that is kept.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire       i_valid,
    input wire [1:0] i_data,
    input wire [3:0] i_tag
);
    wire       finish_valid, filter_valid, neuron_valid, delta_write, delta_written, pool_valid, join_valid;
    wire       synaptic_valid;
    wire [3:0] finish_tag, filter_tag, synaptic_tag, neuron_tag;
    wire       delta_address;
    snn_finish #(.GROUP(1), .IN_BITS(2), .OUT_BITS(4), .GROUPS(1), .BIAS_BITS(2), .BIAS_WORDS(1)) u_finish (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_data(i_data), .i_tag(i_tag), .o_valid(finish_valid), .o_data(), .o_tag(finish_tag)
    );
    snn_filter #(.GROUP(1), .CURRENT_BITS(2), .BITS(3), .GROUPS(1), .WORDS(1)) u_filter (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_current(i_data), .i_tag(i_tag), .clear_1(1'b0), .o_valid(filter_valid),
        .o_states(), .o_tag(filter_tag)
    );
    snn_synaptic #(
        .GROUP(1), .WORDS(1), .GROUPS(1), .CURRENT_BITS(2), .OUT_BITS(4), .BITS_0(3), .SECOND(1), .BITS_1(3), .CLEARS(1)
    ) u_synaptic (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_data(i_data), .i_tag(i_tag), .o_valid(synaptic_valid), .o_data(),
        .o_tag(synaptic_tag), .fired_valid(neuron_valid), .fired(1'b1)
    );
    snn_neuron #(.GROUP(1), .GROUPS(1), .WORDS(1)) u_neuron (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_current(16'd0), .i_tag(i_tag), .o_valid(neuron_valid), .o_spikes(),
        .o_membranes(), .o_tag(neuron_tag)
    );
    snn_delta #(.CHUNK(2), .FRAME(2), .ADDRESS_BITS(1)) u_delta (
        .clk(clk), .rst(rst), .i_write(i_valid), .i_address(i_data[0]), .i_data(i_data), .i_written(i_tag[0]), .i_first(i_tag[1]),
        .o_write(delta_write), .o_address(delta_address), .o_data(), .o_written(delta_written), .o_first()
    );
    snn_pool #(.GROUP(1), .GROUPS(1), .IN_BITS(2), .OUT_BITS(2)) u_pool (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_data(i_data), .i_tag(i_tag), .o_valid(pool_valid), .o_data(), .o_first()
    );
    snn_join #(.GROUP(1), .WORDS(1), .KEPT_BITS(2), .SUM_BITS(2), .OUT_BITS(3), .TIMESTEPS(2)) u_join (
        .clk(clk), .rst(rst), .i_valid(1'b0), .i_data(2'd0), .written(), .full(1'b1), .read(), .walk_full(), .walk_first(),
        .walk_read(1'b0), .s_valid(i_valid), .s_data(i_data), .o_valid(join_valid), .o_data(), .o_tag()
    );
    reg         begun = 1'b0, address = 1'b0, wrote = 1'b0, kept = 1'b0;
    reg  [7:0]  valids = 8'd0;
    reg  [31:0] tags = 32'd0;
    always @(posedge clk) begin
        begun   <= 1'b1;
        valids  <= rst ? 8'd0 : {valids[6:0], i_valid};
        tags    <= {tags[27:0], i_tag};
        address <= i_data[0];
        wrote   <= i_tag[0] && !rst;
        kept    <= i_valid && i_tag[3] && i_tag[2] && !rst;
    end
    always @* begin
        if (!begun) assume (rst);
        if (begun) begin
            assert (finish_valid == valids[1]);
            assert (filter_valid == valids[4]);
            assert (synaptic_valid == valids[5]);
            assert (neuron_valid == valids[7]);
            assert (delta_write == valids[0] && delta_written == wrote);
            assert (pool_valid == kept);
            assert (join_valid == valids[1]);
            if (finish_valid) assert (finish_tag == tags[7:4]);
            if (filter_valid) assert (filter_tag == tags[19:16]);
            if (synaptic_valid) assert (synaptic_tag == tags[23:20]);
            if (neuron_valid) assert (neuron_tag == tags[31:28]);
            if (delta_write) assert (delta_address == address);
        end
    end
endmodule
`default_nettype wire
