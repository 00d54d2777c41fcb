// An AXI master that does what it reads from its input, line by line, and says what it saw:
//   w WORD VALUE   writes a register: "written RESPONSE"
//   p WORD VALUE   writes its lowest byte only
//   r WORD 0       reads one: "VALUE"
//   d WORD WORD    reads two, the second asked for before the first is taken: "VALUE" twice
//   s DATA FLAGS   keeps a transfer for the input stream; FLAGS = {user, last, four bits to keep bytes}
//   g COUNT 0      waits until so many ends have come on the output stream, and says each transfer: "DATA {user, last, keep}"
//   c 0 0          clocks of the last sample, as they are counted here
// Every valid and every ready of the master is held back at random. What a slave must keep and does not is "WRONG".
`default_nettype none

module host_tb;
    localparam STDIN = 32'h8000_0000;

    reg clk = 1'b0;
    reg aresetn = 1'b0;
    always #5 clk = !clk;

    reg  [7:0]  awaddr = 0, araddr = 0;
    reg  [31:0] wdata = 0;
    reg  [3:0]  wstrb = 0;
    reg         awvalid = 0, wvalid = 0, bready = 0, arvalid = 0, rready = 0;
    wire        awready, wready, bvalid, arready, rvalid;
    wire [1:0]  bresp, rresp;
    wire [31:0] rdata;
    reg  [8*`IN_BYTES-1:0] s_tdata = 0;
    reg  [`IN_BYTES-1:0] s_tkeep = 0;
    reg         s_tlast = 0, s_tvalid = 0;
    reg  [0:0]  s_tuser = 0;
    wire        s_tready;
    wire [8*`OUT_BYTES-1:0] m_tdata;
    wire [`OUT_BYTES-1:0] m_tkeep;
    wire        m_tlast, m_tvalid;
    wire [0:0]  m_tuser;
    reg         m_tready = 0;
    `TOP #(.QUEUE_BITS(`QUEUE_BITS)) dut (
        .aclk(clk), .aresetn(aresetn),
        .s_axi_awaddr(awaddr), .s_axi_awprot(3'd0), .s_axi_awvalid(awvalid), .s_axi_awready(awready),
        .s_axi_wdata(wdata), .s_axi_wstrb(wstrb), .s_axi_wvalid(wvalid), .s_axi_wready(wready),
        .s_axi_bresp(bresp), .s_axi_bvalid(bvalid), .s_axi_bready(bready),
        .s_axi_araddr(araddr), .s_axi_arprot(3'd0), .s_axi_arvalid(arvalid), .s_axi_arready(arready),
        .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rvalid(rvalid), .s_axi_rready(rready),
        .s_axis_tdata(s_tdata), .s_axis_tkeep(s_tkeep), .s_axis_tlast(s_tlast), .s_axis_tuser(s_tuser),
        .s_axis_tvalid(s_tvalid), .s_axis_tready(s_tready),
        .m_axis_tdata(m_tdata), .m_axis_tkeep(m_tkeep), .m_axis_tlast(m_tlast), .m_axis_tuser(m_tuser),
        .m_axis_tvalid(m_tvalid), .m_axis_tready(m_tready)
    );

    integer seed = 1;
    initial if (!$value$plusargs("seed=%d", seed)) seed = 1;
    integer patience = 0;

    // ---- the streams
    reg [37:0] sends [0:65535];       // {user, last, keep, data}
    reg [34:0] heard [0:65535];
    integer queued = 0, begun = 0, hears = 0, said = 0, ends = 0;
    reg [31:0] random = 0, busy = 0;
    always @(posedge clk) if (aresetn) begin
        busy <= busy + 1;
        random = $random(seed);
        if (!s_tvalid || s_tready) begin
            s_tvalid <= 1'b0;
            if (begun < queued && random[1:0] != 2'd0) begin
                {s_tuser, s_tlast} <= sends[begun][37:36];
                s_tkeep  <= sends[begun][32 +: `IN_BYTES];
                s_tdata  <= sends[begun][8*`IN_BYTES-1:0];
                s_tvalid <= 1'b1;
                begun = begun + 1;
            end
        end
        // long pauses too: the network has to wait then
        m_tready <= random[3:2] != 2'd0 && busy[7:6] != 2'd1;
        if (m_tvalid && m_tready) begin
            heard[hears] = {m_tuser, m_tlast, m_tkeep[0], {(32-8*`OUT_BYTES){1'b0}}, m_tdata};
            if (m_tkeep != {`OUT_BYTES{m_tkeep[0]}}) $display("WRONG keep");
            hears = hears + 1;
            if (m_tlast) ends = ends + 1;
        end
    end

    // ---- what a slave must keep
    reg        was_b = 0, was_r = 0, was_m = 0;
    reg [32:0] was_read = 0;
    reg [8*`OUT_BYTES+`OUT_BYTES+1:0] was_sent = 0;
    always @(posedge clk) begin
        if (aresetn && was_b && !bvalid) $display("WRONG answer of a write taken back");
        if (aresetn && was_r && {rvalid, rdata} != was_read) $display("WRONG answer of a read changed");
        if (aresetn && was_m && (!m_tvalid || {m_tdata, m_tkeep, m_tlast, m_tuser} != was_sent)) $display("WRONG transfer changed");
        was_b <= aresetn && bvalid && !bready;
        was_r <= aresetn && rvalid && !rready;
        was_m <= aresetn && m_tvalid && !m_tready && !dut.clear;
        was_read <= {rvalid, rdata};
        was_sent <= {m_tdata, m_tkeep, m_tlast, m_tuser};
    end

    `include "sample_clocks.vh"

    // one clock: what is shaken hands on at its edge; the master changes its side between two edges
    reg        aw_done, w_done, b_done, ar_done, r_done;
    reg [1:0]  response;
    reg [31:0] value_read;
    task tick;
        begin
            @(posedge clk);
            aw_done = awvalid && awready;
            w_done  = wvalid && wready;
            b_done  = bvalid && bready;
            ar_done = arvalid && arready;
            r_done  = rvalid && rready;
            if (b_done) response = bresp;
            if (r_done) {response, value_read} = {rresp, rdata};
            @(negedge clk);
            patience = patience + 1;
        end
    endtask
    task pause;
        repeat ($unsigned($random(seed)) % 4) tick;
    endtask

    integer address_left, data_left;   // clocks until it is valid, -1: taken
    task write(input [31:0] word, input [31:0] value, input [3:0] strobes);
        begin
            address_left = $unsigned($random(seed)) % 4;
            data_left    = $unsigned($random(seed)) % 4;
            patience     = 0;
            while ((address_left >= 0 || data_left >= 0) && patience < 1000) begin
                awvalid = address_left == 0;
                wvalid  = data_left == 0;
                awaddr  = awvalid ? {word[5:0], 2'b00} : 8'hxx;
                wdata   = wvalid ? value : 32'hxxxxxxxx;
                wstrb   = strobes;
                tick;
                if (aw_done) address_left = -1;
                if (w_done) data_left = -1;
                if (address_left > 0) address_left = address_left - 1;
                if (data_left > 0) data_left = data_left - 1;
            end
            awvalid = 1'b0;
            wvalid  = 1'b0;
            pause;
            bready = 1'b1;
            tick;
            while (!b_done && patience < 1000) tick;
            bready = 1'b0;
            if (patience >= 1000) $display("WRONG silence after a write");
            else $display("written %0d", response);
        end
    endtask

    task read(input [31:0] word);
        begin
            pause;
            patience = 0;
            araddr   = {word[5:0], 2'b00};
            arvalid  = 1'b1;
            tick;
            while (!ar_done && patience < 1000) tick;
            arvalid = 1'b0;
            pause;
            rready = 1'b1;
            tick;
            while (!r_done && patience < 1000) tick;
            rready = 1'b0;
            if (patience >= 1000 || response != 2'd0) $display("WRONG silence after a read");
            else $display("%08x", value_read);
        end
    endtask

    integer answers;
    task read_two(input [31:0] first, input [31:0] second);
        begin
            patience = 0;
            answers  = 0;
            araddr   = {first[5:0], 2'b00};
            arvalid  = 1'b1;
            while (answers < 2 && patience < 1000) begin
                tick;
                if (ar_done) arvalid = araddr == {first[5:0], 2'b00};
                if (ar_done) araddr = {second[5:0], 2'b00};
                if (r_done) begin
                    answers = answers + 1;
                    $display("%08x", value_read);
                end
                rready = patience > 5;
            end
            rready = 1'b0;
            if (patience >= 1000) $display("WRONG silence after two reads");
        end
    endtask

    integer fields;
    reg [7:0]  order;
    reg [31:0] a, b;
    initial begin
        repeat (4) tick;
        aresetn = 1'b1;
        repeat (4) tick;
        fields = $fscanf(STDIN, " %c %h %h", order, a, b);
        while (fields == 3) begin
            case (order)
                "w": write(a, b, 4'hf);
                "p": write(a, b, 4'h1);
                "r": read(a);
                "d": read_two(a, b);
                "s": begin
                    sends[queued] = {b[5:0], a};
                    queued = queued + 1;
                end
                "g": begin
                    patience = 0;
                    while (ends < a && patience < 20000) tick;
                    if (patience == 20000) $display("WRONG silence of the stream");
                    while (said < hears) begin
                        $display("%08x %0d", heard[said][31:0], heard[said][34:32]);
                        said = said + 1;
                    end
                    $display("done");
                end
                "c": $display("%08x", sample_clocks);
                default: $display("WRONG order");
            endcase
            $fflush;
            fields = $fscanf(STDIN, " %c %h %h", order, a, b);
        end
        $finish;
    end
endmodule

`default_nettype wire
