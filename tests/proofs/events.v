// snn_events: a beat stays until it is taken; every spike of a frame is one beat, lowest first, none is lost or doubled; an
// end follows, with which the frame is given back. The writer and the link keep to what they may do.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire       write,
    input wire [1:0] write_data,
    input wire       first,
    input wire       m_ready
);
    // two words of two elements are a frame, two frames fit
    wire       read, m_last, m_first, m_valid;
    wire [2:0] m_index;
    reg  [1:0] write_q = 2'd0, complete = 2'd0;
    reg        half = 1'b0;
    wire       full = complete != 2'd0;
    snn_events #(.CHUNK(2), .CHUNKS(2), .FRAMES(2), .ADDRESS_BITS(2), .INDEX_BITS(3)) dut (
        .clk(clk), .rst(rst), .write(write), .write_address(write_q), .write_data(write_data), .full(full), .first(first),
        .read(read), .m_index(m_index), .m_last(m_last), .m_first(m_first), .m_valid(m_valid), .m_ready(m_ready)
    );
    reg        begun = 1'b0, held = 1'b0, was_full = 1'b0, was_first = 1'b0, second = 1'b0;
    reg  [4:0] beat = 5'd0;
    reg  [7:0] shadow = 8'd0;      // what has been written and not given out, both frames
    wire       out = m_valid && m_ready;
    wire [3:0] left = second ? shadow[7:4] : shadow[3:0];
    wire [3:0] one = 4'd1 << m_index[1:0];
    always @(posedge clk) begin
        begun     <= 1'b1;
        held      <= m_valid && !m_ready && !rst;
        beat      <= {m_index, m_last, m_first};
        was_full  <= full && !read && !rst;
        was_first <= first;
        if (write) shadow[2*write_q +: 2] <= write_data;
        if (out && !m_last) shadow[{second, m_index[1:0]}] <= 1'b0;
        if (write) {half, write_q} <= {!half, write_q + 1'b1};
        complete <= complete + {1'b0, write && half} - {1'b0, read};
        if (read) second <= !second;
        if (rst) begin
            {half, write_q} <= 3'd0;
            complete        <= 2'd0;
            second          <= 1'b0;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        assume (!write || complete < 2'd2);
        if (was_full) assume (first == was_first);
        if (begun && !rst) begin
            if (held) assert (m_valid && beat == {m_index, m_last, m_first});
            if (m_valid) assert (full && m_first == first);
            if (m_valid && !m_last) assert (!m_index[2] && (left & one) == one && (left & (one - 1'b1)) == 4'd0);
            if (m_valid && m_last) assert (left == 4'd0);
            assert (read == (out && m_last));
        end
    end
endmodule
`default_nettype wire
