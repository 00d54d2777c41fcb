// The vendors' primitives that board files use, as far as a linter looks: pins and parameters, and a clock that passes.
`default_nettype none

module SB_PLL40_PAD #(
    parameter FEEDBACK_PATH = "", parameter DIVR = 0, parameter DIVF = 0, parameter DIVQ = 0, parameter FILTER_RANGE = 0
) (
    input  wire PACKAGEPIN,
    output wire PLLOUTGLOBAL,
    output wire LOCK,
    input  wire RESETB,
    input  wire BYPASS
);
    assign PLLOUTGLOBAL = PACKAGEPIN;
    assign LOCK         = RESETB && !BYPASS && FEEDBACK_PATH == "SIMPLE" && DIVR < 16 && DIVF < 128 && DIVQ < 7 && FILTER_RANGE > 0;
endmodule

module SB_PLL40_CORE #(
    parameter FEEDBACK_PATH = "", parameter DIVR = 0, parameter DIVF = 0, parameter DIVQ = 0, parameter FILTER_RANGE = 0
) (
    input  wire REFERENCECLK,
    output wire PLLOUTGLOBAL,
    output wire LOCK,
    input  wire RESETB,
    input  wire BYPASS
);
    assign PLLOUTGLOBAL = REFERENCECLK;
    assign LOCK         = RESETB && !BYPASS && FEEDBACK_PATH == "SIMPLE" && DIVR < 16 && DIVF < 128 && DIVQ < 7 && FILTER_RANGE > 0;
endmodule

module EHXPLLL #(
    parameter CLKI_DIV = 0, parameter CLKFB_DIV = 0, parameter CLKOP_DIV = 0, parameter CLKOP_ENABLE = "",
    parameter CLKOP_CPHASE = 0, parameter CLKOP_FPHASE = 0, parameter FEEDBK_PATH = "", parameter PLLRST_ENA = "",
    parameter INTFB_WAKE = "", parameter STDBY_ENABLE = "", parameter DPHASE_SOURCE = "", parameter OUTDIVIDER_MUXA = "",
    parameter OUTDIVIDER_MUXB = "", parameter OUTDIVIDER_MUXC = "", parameter OUTDIVIDER_MUXD = ""
) (
    input  wire CLKI,
    input  wire CLKFB,
    output wire CLKOP,
    output wire LOCK,
    input  wire RST, STDBY, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, PLLWAKESYNC, ENCLKOP
);
    localparam SOUND = CLKI_DIV > 0 && CLKFB_DIV > 0 && CLKOP_DIV > 0 && CLKOP_ENABLE == "ENABLED" && FEEDBK_PATH == "CLKOP"
        && CLKOP_CPHASE < CLKOP_DIV && CLKOP_FPHASE == 0 && PLLRST_ENA == "DISABLED" && INTFB_WAKE == "DISABLED"
        && STDBY_ENABLE == "DISABLED" && DPHASE_SOURCE == "DISABLED" && OUTDIVIDER_MUXA == "DIVA"
        && OUTDIVIDER_MUXB == "DIVB" && OUTDIVIDER_MUXC == "DIVC" && OUTDIVIDER_MUXD == "DIVD";
    assign CLKOP = CLKI;
    assign LOCK  = SOUND && !RST && !STDBY;
    wire unused = &{1'b0, CLKFB, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, PLLWAKESYNC, ENCLKOP};
endmodule

`default_nettype wire
