// snn_axis_in: while the sender holds what is not taken and `enable` stays, the beat to the network is held too; each
// transfer is one beat, of the same events, or says nothing; none is taken while `enable` is low.
`default_nettype none
module proof (
    input wire        clk,
    input wire [15:0] tdata,
    input wire [1:0]  tkeep,
    input wire        tlast,
    input wire        tuser,
    input wire        tvalid,
    input wire        enable,
    input wire        m_ready
);
    wire       tready, m_last, m_first, m_valid;
    wire [9:0] m_index;
    wire [1:0] m_keep;
    snn_axis_in #(.SLOTS(2), .INDEX_BITS(5), .INDEX_BYTES(1)) dut (
        .s_axis_tdata(tdata), .s_axis_tkeep(tkeep), .s_axis_tlast(tlast), .s_axis_tuser(tuser), .s_axis_tvalid(tvalid),
        .s_axis_tready(tready), .enable(enable), .m_index(m_index), .m_keep(m_keep), .m_last(m_last),
        .m_first(m_first), .m_valid(m_valid), .m_ready(m_ready)
    );
    reg         offered = 1'b0, held = 1'b0, enabled = 1'b0;
    reg  [19:0] transfer = 20'd0;
    reg  [13:0] beat = 14'd0;
    wire        nothing = !tlast && tkeep == 2'd0;
    always @(posedge clk) begin
        offered  <= tvalid && !tready;
        transfer <= {tdata, tkeep, tlast, tuser};
        held     <= m_valid && !m_ready;
        beat     <= {m_index, m_keep, m_last, m_first};
        enabled  <= enable;
    end
    always @* begin
        if (offered) assume (tvalid && transfer == {tdata, tkeep, tlast, tuser});
        if (held) assume (enable == enabled);
        if (held) assert (m_valid && beat == {m_index, m_keep, m_last, m_first});
        assert ((m_valid && m_ready) == (tvalid && tready && !nothing));
        assert (enable || !(tvalid && tready));
        assert (m_valid == (tvalid && enable && !nothing));         // it does not wait for `m_ready`
        if (enable && nothing) assert (tready && !m_valid);
        if (m_valid) assert (m_index == {tdata[12:8], tdata[4:0]} && m_keep == tkeep && m_last == tlast && m_first == tuser);
    end
endmodule
`default_nettype wire
