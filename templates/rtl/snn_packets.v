// Packets of bytes to the register bus, lowest byte first:
//   01 word count               count registers from word on are read: 4 bytes each come back
//   02 word count 4*bytes       ... are written
//   03 count EVENT_BYTES*bytes  events go to EVENT
//   04 count                    events from SPIKE come back, SPIKE_BYTES each
// Any other first byte is passed over. A count is 0 to 63 (its top two bits do not count), so that no packet is longer than
// 255 bytes. An event has its flags in the top three bits of its last byte.
`default_nettype none
module snn_packets #(
    parameter       EVENT_BYTES = 2,
    parameter       SPIKE_BYTES = 1,
    parameter [5:0] EVENT       = 6'd14,   // words of the map
    parameter [5:0] SPIKE       = 6'd15
) (
    input  wire        clk,
    input  wire        rst,             // synchronous, active high
    input  wire        start,           // what comes next is the first byte of a packet
    input  wire        i_valid,
    input  wire [7:0]  i_data,
    output wire        o_valid,
    output wire [7:0]  o_data,
    input  wire        o_ready,
    output wire        bus_write,       // for one clock
    output wire [5:0]  bus_write_word,
    output wire [31:0] bus_write_data,
    output wire        bus_read,        // for one clock, in which ...
    output wire [5:0]  bus_read_word,
    input  wire [31:0] bus_read_data    // ... the answer is there
);
    localparam [2:0] COMMAND = 3'd0, WORD = 3'd1, COUNT = 3'd2, TAKE = 3'd3, WRITE = 3'd4, READ = 3'd5, GIVE = 3'd6;
    localparam [7:0] READ_WORDS = 8'd1, WRITE_WORDS = 8'd2, SEND = 8'd3, RECEIVE = 8'd4;
    localparam EVENT_INDEX = 8 * EVENT_BYTES - 3;       // bits
    localparam SPIKE_INDEX = 8 * SPIKE_BYTES - 3;
    localparam LAST_OF_EVENT = EVENT_BYTES - 1;
    localparam LAST_OF_SPIKE = SPIKE_BYTES - 1;

    reg  [2:0]  state_q;
    reg         gives_q;      // the packet has an answer
    reg         event_q;      // it is of events, not of registers
    reg  [5:0]  word_q;
    reg  [5:0]  count_q;
    reg  [1:0]  byte_q;       // of the register or event
    reg  [31:0] data_q;
    wire [1:0]  last_byte = !event_q ? 2'd3 : gives_q ? LAST_OF_SPIKE[1:0] : LAST_OF_EVENT[1:0];
    wire        last_one  = count_q == 6'd1;
    wire [31:0] event_word, spike_bytes;
    generate
        if (EVENT_BYTES == 4) begin : whole_event
            assign event_word = data_q;
        end else begin : short_event
            assign event_word = {data_q[31:29], {(29-EVENT_INDEX){1'b0}}, data_q[28:29-EVENT_INDEX]};
        end
        if (SPIKE_BYTES == 4) begin : whole_spike
            assign spike_bytes = bus_read_data;
        end else begin : short_spike
            assign spike_bytes = {{(29-SPIKE_INDEX){1'b0}}, bus_read_data[31:29], bus_read_data[SPIKE_INDEX-1:0]};
        end
    endgenerate

    assign bus_write      = state_q == WRITE;
    assign bus_write_word = event_q ? EVENT : word_q;
    assign bus_write_data = event_q ? event_word : data_q;
    assign bus_read       = state_q == READ;
    assign bus_read_word  = event_q ? SPIKE : word_q;
    assign o_valid        = state_q == GIVE;
    assign o_data         = data_q[7:0];
    always @(posedge clk) begin
        case (state_q)
            COMMAND: if (i_valid) begin
                gives_q <= i_data == READ_WORDS || i_data == RECEIVE;
                event_q <= i_data == SEND || i_data == RECEIVE;
                byte_q  <= 2'd0;
                if (i_data == READ_WORDS || i_data == WRITE_WORDS) state_q <= WORD;
                if (i_data == SEND || i_data == RECEIVE) state_q <= COUNT;
            end
            WORD: if (i_valid) begin
                word_q  <= i_data[5:0];
                state_q <= COUNT;
            end
            COUNT: if (i_valid) begin
                count_q <= i_data[5:0];
                state_q <= i_data[5:0] == 6'd0 ? COMMAND : gives_q ? READ : TAKE;
            end
            TAKE: if (i_valid) begin
                data_q <= {i_data, data_q[31:8]};
                byte_q <= byte_q == last_byte ? 2'd0 : byte_q + 1'b1;
                if (byte_q == last_byte) state_q <= WRITE;
            end
            READ: begin
                data_q  <= event_q ? spike_bytes : bus_read_data;
                state_q <= GIVE;
            end
            GIVE: if (o_ready) begin
                data_q <= {8'd0, data_q[31:8]};
                byte_q <= byte_q == last_byte ? 2'd0 : byte_q + 1'b1;
                if (byte_q == last_byte) state_q <= last_one ? COMMAND : READ;
            end
            default: state_q <= last_one ? COMMAND : TAKE;   // WRITE
        endcase
        if (state_q == WRITE || (state_q == GIVE && o_ready && byte_q == last_byte)) begin
            word_q  <= word_q + 1'b1;
            count_q <= count_q - 1'b1;
        end
        if (rst || start) state_q <= COMMAND;
    end
endmodule
`default_nettype wire
