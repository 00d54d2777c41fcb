// snn_unrolled_issue: a frame that is taken leaves a clock later, as it was and in its place; a timestep begins with the last
// frame of its input, or, of a constant input, so many times from there on; never without room in the output; a frame waits
// for nothing but that room and the timesteps of the sample before it.
`default_nettype none
module proof #(
    parameter CONSTANT = 0
) (
    input wire clk,
    input wire rst,
    input wire s_spikes,      // frames are not looked at, so one bit stands for any
    input wire s_first,
    input wire s_valid,
    input wire given
);
    wire s_ready, o_spikes, o_plane, o_load, o_done, o_step, o_first;
    snn_unrolled_issue #(.FAN_IN(1), .PLANES(2), .CONSTANT(CONSTANT), .TIMESTEPS(3), .ROOM_BITS(1)) dut (
        .clk(clk), .rst(rst), .s_spikes(s_spikes), .s_first(s_first), .s_valid(s_valid), .s_ready(s_ready),
        .o_spikes(o_spikes), .o_plane(o_plane), .o_load(o_load), .o_done(o_done), .o_step(o_step), .o_first(o_first),
        .given(given)
    );
    reg        begun = 1'b0, taken = 1'b0, spikes = 1'b0, first = 1'b0, second = 1'b0;
    reg  [1:0] left = 2'd0;     // timesteps of the sample behind the last one
    reg  [1:0] under = 2'd0;    // timesteps between here and the output
    wire [1:0] now_left  = o_done && CONSTANT != 0 ? 2'd2 : CONSTANT != 0 && o_step ? left - 1'b1 : left;
    wire [1:0] now_under = under + {1'b0, o_step};
    always @(posedge clk) begin
        begun  <= 1'b1;
        taken  <= s_valid && s_ready && !rst;
        spikes <= s_spikes;
        first  <= s_first;
        second <= o_plane ? !second : second;
        left   <= now_left;
        under  <= now_under - {1'b0, given};
        if (rst) begin
            second <= 1'b0;
            left   <= 2'd0;
            under  <= 2'd0;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        if (given) assume (under != 2'd0);
        if (begun) begin
            assert (o_plane == taken);
            if (o_plane) assert (o_spikes == spikes && o_load == !second);
            assert (o_done == (o_plane && second));
            if (o_done) assert (o_step && left == 2'd0 && o_first == first);
            if (o_step && !o_done) assert (CONSTANT != 0 && left != 2'd0 && !o_first);
            assert (now_under <= 2'd2);
            if (!s_ready) assert (now_under == 2'd2 || now_left != 2'd0);
        end
    end
endmodule
`default_nettype wire
