# A project of Vivado's for {{ name }} on the {{ title }}, and its bitstream. Written by snnc; run by `make vivado`.
create_project {{ name }} build/vivado -part {{ part }} -force
add_files {{ "{" }}{{ sources.join(" ") }}{{ "}" }}
add_files {{ "{" }}{{ memories.join(" ") }}{{ "}" }}
set_property file_type {Memory File} [get_files *.mem]
add_files -fileset constrs_1 {{ name }}.xdc
update_compile_order -fileset sources_1
{%- if processor %}

# the processor gives clock and reset, and reaches the registers at its first general-purpose port
create_bd_design system
set processor [create_bd_cell -type ip -vlnv xilinx.com:ip:processing_system7 processor]
apply_bd_automation -rule xilinx.com:bd_rule:processing_system7 -config {make_external "FIXED_IO, DDR" apply_board_preset "0"} $processor
set_property -dict [list CONFIG.PCW_USE_M_AXI_GP0 {1} CONFIG.PCW_FPGA0_PERIPHERAL_FREQMHZ {100}] $processor
create_bd_cell -type module -reference {{ name }}_top network
apply_bd_automation -rule xilinx.com:bd_rule:axi4 -config {Master "/processor/M_AXI_GP0" Clk "Auto"} [get_bd_intf_pins network/s_axi]
make_bd_pins_external -name led [get_bd_pins network/led]
assign_bd_address
validate_bd_design
save_bd_design
add_files [make_wrapper -files [get_files system.bd] -top]
set_property top system_wrapper [current_fileset]
{%- else %}
set_property top {{ name }}_top [current_fileset]
{%- endif %}

launch_runs impl_1 -to_step write_bitstream -jobs 2
wait_on_run impl_1
open_run impl_1
report_utilization -file build/vivado_utilization.txt
report_timing_summary -file build/vivado_timing.txt
