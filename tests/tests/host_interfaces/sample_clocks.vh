// In a bench of a `dut` clocked by `clk`: the clocks of the last sample, from what the network takes and gives.
integer clock = 0, sample_start = 0, sample_clocks = 0;
reg     under_way = 0;
always @(posedge clk) begin
    clock = clock + 1;
    if (dut.u_network.class_valid) begin
        sample_clocks = clock - sample_start;
        under_way = 0;
    end
    if (dut.u_network.s_valid && dut.u_network.s_ready && !under_way && !dut.clear) begin
        sample_start = clock;
        under_way = 1;
    end
    if (dut.clear) under_way = 0;
end
