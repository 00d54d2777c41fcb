// {{ i.title }} on the {{ title }}: clock, reset at power-on, a light, and the pins. Written by snnc.
// The light blinks about once a second; every class that is given turns it over.
`default_nettype none

module {{ i.top }}_top{% if host == Host::Uart %} #(
    parameter BAUD = 115200
){% endif %} (
{%- match host %}
{%- when Host::Axi %}
    input  wire        aclk,
    input  wire        aresetn,         // synchronous, active low
    input  wire [7:0]  s_axi_awaddr,
    input  wire [2:0]  s_axi_awprot,
    input  wire        s_axi_awvalid,
    output wire        s_axi_awready,
    input  wire [31:0] s_axi_wdata,
    input  wire [3:0]  s_axi_wstrb,
    input  wire        s_axi_wvalid,
    output wire        s_axi_wready,
    output wire [1:0]  s_axi_bresp,
    output wire        s_axi_bvalid,
    input  wire        s_axi_bready,
    input  wire [7:0]  s_axi_araddr,
    input  wire [2:0]  s_axi_arprot,
    input  wire        s_axi_arvalid,
    output wire        s_axi_arready,
    output wire [31:0] s_axi_rdata,
    output wire [1:0]  s_axi_rresp,
    output wire        s_axi_rvalid,
    input  wire        s_axi_rready,
{%- when Host::Spi %}
    input  wire        clk_in,          // {{ oscillator }} MHz
    input  wire        sck,             // mode 0, at most an eighth of the design's clock
    input  wire        cs_n,
    input  wire        mosi,
    output wire        miso,            // driven all the time: this design is alone on its wires
{%- when Host::Uart %}
    input  wire        clk_in,          // {{ oscillator }} MHz
    input  wire        rx,
    output wire        tx,
{%- endmatch %}
{%- if flash.is_some() %}
    output wire        flash_sck,       // the weights are read from it at power-on
    output wire        flash_cs_n,
    output wire        flash_mosi,
    input  wire        flash_miso,
{%- endif %}
    output wire        led
);
{%- match host %}
{%- when Host::Axi %}
    wire clk = aclk;
    wire rst = !aresetn;
{%- when _ %}
    // ---- the clock: {{ mhz }} MHz
{%- match pll %}
{%- when Some((Pll::Ecp5, d)) %}
    wire clk, locked;
    (* ICP_CURRENT = "12", LPF_RESISTOR = "8", MFG_ENABLE_FILTEROPAMP = "1", MFG_GMCREF_SEL = "2" *)
    EHXPLLL #(
        .CLKI_DIV({{ d.reference }}), .CLKFB_DIV({{ d.feedback }}), .CLKOP_DIV({{ d.output }}),
        .CLKOP_ENABLE("ENABLED"), .CLKOP_CPHASE({{ d.output / 2 }}), .CLKOP_FPHASE(0), .FEEDBK_PATH("CLKOP"),
        .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"), .DPHASE_SOURCE("DISABLED"),
        .OUTDIVIDER_MUXA("DIVA"), .OUTDIVIDER_MUXB("DIVB"), .OUTDIVIDER_MUXC("DIVC"), .OUTDIVIDER_MUXD("DIVD")
    ) u_pll (
        .CLKI(clk_in), .CLKFB(clk), .CLKOP(clk), .LOCK(locked), .RST(1'b0), .STDBY(1'b0), .PHASESEL0(1'b0), .PHASESEL1(1'b0),
        .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0)
    );
{%- when Some((kind, d)) %}
    wire clk, locked;
    SB_PLL40_{% if *kind == Pll::Ice40Pad %}PAD{% else %}CORE{% endif %} #(
        .FEEDBACK_PATH("SIMPLE"), .DIVR({{ d.reference - 1 }}), .DIVF({{ d.feedback - 1 }}), .DIVQ({{ d.output.ilog2() }}), .FILTER_RANGE({{ d.filter }})
    ) u_pll (
        .{% if *kind == Pll::Ice40Pad %}PACKAGEPIN{% else %}REFERENCECLK{% endif %}(clk_in), .PLLOUTGLOBAL(clk), .LOCK(locked), .RESETB(1'b1), .BYPASS(1'b0)
    );
{%- when None %}
    wire clk = clk_in;
    wire locked = 1'b1;
{%- endmatch %}

    // ---- reset: the first 256 clocks, for an iCE40's memories are not there at once
    reg [8:0] up_q = 9'd0;
    wire rst = !up_q[8];
    always @(posedge clk) if (!locked) up_q <= 9'd0; else if (rst) up_q <= up_q + 1'b1;
{%- endmatch %}

    // ---- the light
    wire done;
    reg  [{{ beat_bits - 1 }}:0] beat_q = {{ beat_bits }}'d0;
    reg  turned_q = 1'b0;
    always @(posedge clk) begin
        beat_q   <= beat_q + 1'b1;
        turned_q <= turned_q ^ (done && !rst);
    end
    assign led = beat_q[{{ beat_bits - 1 }}] ^ turned_q{% if led_low %} ^ 1'b1{% endif %};

{%- if i.weights > 0 %}

    // ---- the weights
{%- if let Some(offset) = flash %}
    wire        feed_valid;
    wire [31:0] feed_data;
    snn_flash #(.WORDS({{ i.weights }}), .ADDRESS(24'h{{ "{:06x}"|format(offset) }}), .FINGERPRINT(32'h{{ "{:08x}"|format(i.fingerprint) }}), .WAKE_BITS({{ wake_bits }})) u_flash (
        .clk(clk), .rst(rst), .sck(flash_sck), .cs_n(flash_cs_n), .mosi(flash_mosi), .miso(flash_miso),
        .m_valid(feed_valid), .m_data(feed_data)
    );
{%- else %}
    wire        feed_valid = 1'b0;    // the host loads them
    wire [31:0] feed_data = 32'd0;
{%- endif %}
{%- endif %}

    // ---- the network and its host
{%- match host %}
{%- when Host::Axi %}
    // events and spikes go over the registers; a DMA would take these streams
    wire        unused_ready, unused_last, unused_first, unused_valid;
    wire [{{ 8 * i.out_bytes() - 1 }}:0] unused_index;
    wire [{{ i.out_bytes() - 1 }}:0] unused_keep;
    {{ i.top }}_axi u_host (
        .aclk(clk), .aresetn(!rst),
        .s_axi_awaddr(s_axi_awaddr), .s_axi_awprot(s_axi_awprot), .s_axi_awvalid(s_axi_awvalid), .s_axi_awready(s_axi_awready),
        .s_axi_wdata(s_axi_wdata), .s_axi_wstrb(s_axi_wstrb), .s_axi_wvalid(s_axi_wvalid), .s_axi_wready(s_axi_wready),
        .s_axi_bresp(s_axi_bresp), .s_axi_bvalid(s_axi_bvalid), .s_axi_bready(s_axi_bready),
        .s_axi_araddr(s_axi_araddr), .s_axi_arprot(s_axi_arprot), .s_axi_arvalid(s_axi_arvalid), .s_axi_arready(s_axi_arready),
        .s_axi_rdata(s_axi_rdata), .s_axi_rresp(s_axi_rresp), .s_axi_rvalid(s_axi_rvalid), .s_axi_rready(s_axi_rready),
        .s_axis_tdata({{ 8 * i.slots * i.index_bytes() }}'d0), .s_axis_tkeep({{ i.slots * i.index_bytes() }}'d0), .s_axis_tlast(1'b0), .s_axis_tuser(1'b0),
        .s_axis_tvalid(1'b0), .s_axis_tready(unused_ready),
        .m_axis_tdata(unused_index), .m_axis_tkeep(unused_keep), .m_axis_tlast(unused_last), .m_axis_tuser(unused_first),
        .m_axis_tvalid(unused_valid), .m_axis_tready(1'b0),
        .done(done)
{%- if i.weights > 0 %},
        .feed_valid(feed_valid), .feed_data(feed_data)
{%- endif %}
    );
{%- when Host::Spi %}
    wire unused_enable;
    {{ i.top }}_spi u_host (
        .clk(clk), .rst(rst), .sck(sck), .cs_n(cs_n), .mosi(mosi), .miso(miso), .miso_enable(unused_enable),
        .done(done)
{%- if i.weights > 0 %},
        .feed_valid(feed_valid), .feed_data(feed_data)
{%- endif %}
    );
{%- when Host::Uart %}
    {{ i.top }}_uart #(.DIVISOR(({{ clock }} + BAUD / 2) / BAUD)) u_host (
        .clk(clk), .rst(rst), .rx(rx), .tx(tx),
        .done(done)
{%- if i.weights > 0 %},
        .feed_valid(feed_valid), .feed_data(feed_data)
{%- endif %}
    );
{%- endmatch %}
endmodule

`default_nettype wire
