# From spec/fields/vmcs.tbl: names for the encodings, the list of what is offered, and of what is not.
BEGIN { print "/* made by fields.awk */"; print "#ifndef VMCS_FIELDS"; print "enum vmcs_field {" }
!/^#/ && NF {
    printf "    %s = %s,\n", $1, $2
    if ($4 != "none")
        list = list sprintf("X(%s, %s, %s, %d) ", $1, $2, $3 == "n" ? 0 : $3, $5 == "EXIT")
    else
        none = none sprintf("X(%s, %s) ", $1, $2)
}
END {
    print "};"
    print "#define VMCS_FIELDS(X) " list
    print "#define VMCS_NONE(X) " none
    print "#endif"
}
