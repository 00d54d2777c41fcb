// Number of the one bit that is set; 0 of none.
`default_nettype none
module snn_binary #(
    parameter BITS       = 24,
    parameter INDEX_BITS = 5     // of 0 .. BITS - 1
) (
    input  wire [BITS-1:0]       one,
    output wire [INDEX_BITS-1:0] index
);
    function [BITS-1:0] numbers_with(input integer digit);
        integer k;
        for (k = 0; k < BITS; k = k + 1) numbers_with[k] = (k >> digit) % 2 == 1;
    endfunction
    genvar i;
    generate for (i = 0; i < INDEX_BITS; i = i + 1) begin : digit
        localparam [BITS-1:0] NUMBERS = numbers_with(i);
        assign index[i] = |(one & NUMBERS);
    end endgenerate
endmodule
`default_nettype wire
