# Compiles a text file into a program as a NUL-terminated array.
#
#   femd_embed_text(TARGET FILE SYMBOL)   adds to TARGET a source that defines  const char SYMBOL[];
#
# The same file, run as a script (cmake -DINPUT= -DOUTPUT= -DSYMBOL= -P), writes that source when FILE has changed.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${INPUT} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  set(row "0x[0-9a-f][0-9a-f],")
  string(REGEX REPLACE "(${row}${row}${row}${row}${row}${row}${row}${row}${row}${row}${row}${row}${row}${row}${row}${row})" "\\1\n    "
                       bytes "${bytes}")
  get_filename_component(name ${INPUT} NAME)
  file(WRITE ${OUTPUT} "/* Made from ${name}. */\nextern const char ${SYMBOL}[];\nconst char ${SYMBOL}[] = {\n    ${bytes}0};\n")
  return()
endif()

set(FEMD_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(femd_embed_text target input symbol)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${output} -DSYMBOL=${symbol} -P ${FEMD_EMBED_SCRIPT}
    DEPENDS ${input} ${FEMD_EMBED_SCRIPT} COMMENT "Embedding ${input}" VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
