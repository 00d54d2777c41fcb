// snn_axis_out: a transfer that is offered stays as it is until it is taken; every spike is one transfer and every timestep
// ends in one TLAST, in their order, none is lost or doubled; a silent timestep is one transfer without bytes.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire [2:0] s_index,
    input wire       s_keep,
    input wire       s_last,
    input wire       s_first,
    input wire       s_valid,
    input wire       tready
);
    wire       s_ready, tkeep, tlast, tuser, tvalid;
    wire [7:0] tdata;
    snn_axis_out #(.INDEX_BITS(3), .INDEX_BYTES(1)) dut (
        .clk(clk), .rst(rst), .s_index(s_index), .s_keep(s_keep), .s_last(s_last), .s_first(s_first), .s_valid(s_valid),
        .s_ready(s_ready), .m_axis_tdata(tdata), .m_axis_tkeep(tkeep), .m_axis_tlast(tlast), .m_axis_tuser(tuser),
        .m_axis_tvalid(tvalid), .m_axis_tready(tready)
    );
    reg         begun = 1'b0, s_held = 1'b0, held = 1'b0;
    reg  [5:0]  beat = 6'd0;
    reg  [10:0] transfer = 11'd0;
    // what has come in and not gone out: a spike, the end of a timestep; whether the timestep has given a transfer
    reg         spike = 1'b0, ended = 1'b0, first = 1'b0, given = 1'b0;
    reg  [2:0]  index = 3'd0;
    wire        in = s_valid && s_ready && !rst, out = tvalid && tready && !rst;
    always @(posedge clk) begin
        begun    <= 1'b1;
        s_held   <= s_valid && !s_ready && !rst;
        beat     <= {s_index, s_keep, s_last, s_first};
        held     <= tvalid && !tready && !rst;
        transfer <= {tdata, tkeep, tlast, tuser};
        if (in && s_keep) index <= s_index;
        if (in && (s_keep || !spike || out)) first <= s_first;
        spike <= !rst && ((in && s_keep) || (spike && !(out && tkeep)));
        ended <= !rst && ((in && s_last) || (ended && !(out && tlast)));
        given <= !rst && (out ? !tlast : given);
    end
    always @* begin
        if (!begun) assume (rst);
        if (s_held) assume (s_valid && beat == {s_index, s_keep, s_last, s_first});
        assume (!s_valid || s_keep || s_last);           // a beat says something
        if (begun && !rst) begin
            if (held) assert (tvalid && transfer == {tdata, tkeep, tlast, tuser});
            if (in && s_keep) assert (!spike || (out && tkeep));      // the spike before has gone out
            if (in) assert (!ended || (out && tlast));                // and so has the end before
            if (out && tkeep) assert (spike && tdata == {5'd0, index} && tuser == first);
            if (out && !tkeep) assert (!spike && tlast && !given && tdata == 8'd0);
            if (out) assert (tlast == ended);
            if (ended) assert (tvalid);                      // the end of a timestep waits for nothing
        end
    end
endmodule
`default_nettype wire
